"""Weights that model.yaml brings, and artifacts beside them: packed as they are, without torch."""

import hashlib
import json
import os
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assets.errors import AssetError
from assets.model_folder import find_model
from assets.package import Package, package

Pack = Callable[..., tuple[Package, list[str]]]
ContentsOf = Callable[[Path], dict[str, bytes]]
RecordsOf = Callable[[str], set[str]]


def _archive(path: Path, *records: str) -> Path:
    """Write a zip with the records by which torch's archives are told apart."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for record in records:
            archive.writestr(f"any/{record}", os.urandom(50_000))
    return path


@pytest.fixture
def ready(root: Path) -> Path:
    """Give a model folder without model.py, whose model.yaml names weights."""
    folder = root / "model_code/toy"
    _archive(folder / "weights/best.pt", "constants.pkl", "data.pkl")
    (folder / "inference.py").write_text("MODEL = 'model.pt'\nWEIGHTS = 'best.pt'\n")
    (folder / "labels.txt").write_text("cat\n")
    (folder / "model.yaml").write_text("weights: weights/best.pt\nartifacts: [labels.txt]\n")
    return folder


def test_weights_and_artifacts_lie_at_the_top_and_nowhere_else(
    ready: Path, pack: Pack, contents_of: ContentsOf, records_of: RecordsOf
) -> None:
    packed, steps = pack()
    contents = contents_of(packed.path)
    assert sorted(contents) == ["code/inference.py", "labels.txt", "manifest.json", "model.pt", "serving.json"]
    assert contents["model.pt"] == (ready / "weights/best.pt").read_bytes()
    assert json.loads(contents["manifest.json"])["model"] == {
        "file": "model.pt",
        "format": "torchscript",
        "torch": None,
        "python": None,
    }
    assert steps == ["packing toy"]
    assert records_of("exports") == set()


def test_weights_win_over_model_py(ready: Path, pack: Pack, contents_of: ContentsOf) -> None:
    (ready / "model.py").write_text("raise SystemExit\n")
    packed, _ = pack()
    assert contents_of(packed.path)["model.pt"] == (ready / "weights/best.pt").read_bytes()


@pytest.mark.parametrize(
    ("name", "records", "model_format"),
    [
        ("model.pt2", ["archive_format", "models/model.json"], "torch-export"),
        ("model.pth", ["data.pkl", "byteorder"], "torch-save"),
        ("model.pt", ["code/x.py", "constants.pkl", "data.pkl"], "torchscript"),
        ("model.pt", ["other"], None),
    ],
)
def test_the_name_follows_the_suffix_and_the_format_the_content(
    ready: Path, pack: Pack, contents_of: ContentsOf, name: str, records: list[str], *, model_format: str | None
) -> None:
    _archive(ready / f"any{Path(name).suffix}", *records)
    (ready / "model.yaml").write_text(f"weights: any{Path(name).suffix}\n")
    contents = contents_of(pack()[0].path)
    described = json.loads(contents["manifest.json"])["model"]
    assert (described["file"], described["format"]) == (name, model_format)
    assert name in contents


def test_weights_may_lie_elsewhere(
    ready: Path, pack: Pack, contents_of: ContentsOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, _ = pack()
    home = tmp_path / "home"
    home.mkdir()
    (ready / "weights/best.pt").rename(home / "best.pt")
    (home / "link.pt").symlink_to("best.pt")
    monkeypatch.setenv("HOME", str(home))
    for place in (home / "best.pt", "~/best.pt", "../../../home/best.pt", "~/link.pt"):
        (ready / "model.yaml").write_text(f"weights: {place}\nartifacts: [labels.txt]\n")
        assert pack()[0].digest == inside.digest


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "weights: w.pt",
            r"weights: model_code/toy/w\.pt is not there\. Put the file there, or correct the path\.$",
        ),
        ("weights: d.pt", r"weights: model_code/toy/d\.pt is no plain file\. "),
        ("weights: weights/best.pt\nartifacts: [a.txt]", r"artifacts\.0: .*a\.txt is not there"),
        (r'weights: "w\0.pt"', r"weights: 'w\\x00\.pt' is no path\. Correct it\.$"),
        ("weights: ~nobody-of-this-name/w.pt", r"weights: .*~nobody-of-this-name/w\.pt is not there"),
        ("weights: weights/best.pt\nartifacts: [code]", r"artifacts\.0: .* is no plain file"),
        (
            "weights: weights/best.pt\nartifacts: [labels.txt, x/labels.txt]",
            r"artifacts\.1: the top of the tarball holds another labels\.txt\. Give the file another name\.$",
        ),
        ("weights: weights/best.pt\nartifacts: [manifest.json]", r"artifacts\.0: the top of the tarball holds"),
        ("weights: weights/best.pt\nartifacts: [x/model.pt]", r"artifacts\.0: the top of the tarball holds"),
    ],
)
def test_files_that_cannot_be_packed(ready: Path, pack: Pack, text: str, message: str) -> None:
    for name in ("x/labels.txt", "manifest.json", "x/model.pt"):
        (ready / name).parent.mkdir(exist_ok=True)
        (ready / name).touch()
    (ready / "d.pt").mkdir()
    (ready / "code").mkdir()
    (ready / "model.yaml").write_text(text)
    with pytest.raises(AssetError, match=rf"^model_code/toy/model\.yaml: {message}"):
        pack()


def _opened(monkeypatch: pytest.MonkeyPatch, path: Path) -> list[str]:
    """Count how often a file is opened."""
    opened: list[str] = []
    real = Path.open

    def count(self: Path, *arguments: Any, **options: Any) -> Any:
        if self == path:
            opened.append(str(self))
        return real(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", count)
    return opened


def test_new_weights_are_read_once_and_known_weights_not_at_all(
    ready: Path, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A digest is remembered once the file is older than a step of the file system's clock.
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now + 10 * 10**9)
    opened = _opened(monkeypatch, ready / "weights/best.pt")
    first, steps = pack()
    assert (len(opened), steps) == (1, ["packing toy"])
    assert pack() == (first, [])
    assert len(opened) == 1


def test_weights_of_the_same_size_and_other_bytes_are_told_apart(
    ready: Path, pack: Pack, contents_of: ContentsOf
) -> None:
    first, _ = pack()
    weights = ready / "weights/best.pt"
    before = weights.read_bytes()
    weights.write_bytes(before[:-30_000] + bytes(30_000))
    second, steps = pack()
    assert steps == ["packing toy"]
    assert second.digest != first.digest
    assert contents_of(second.path)["model.pt"] == weights.read_bytes()
    weights.write_bytes(before)
    assert pack() == (first, [])


def test_the_same_bytes_under_new_times_are_not_packed_again(ready: Path, pack: Pack) -> None:
    first, _ = pack()
    os.utime(ready / "weights/best.pt", (1, 1))
    assert pack() == (first, [])


def test_a_changed_sample_is_seen_although_it_is_not_packed(
    ready: Path, pack: Pack, records_of: RecordsOf
) -> None:
    (ready / "samples").mkdir()
    for name in ("a", "b"):
        (ready / f"samples/{name}.yaml").write_text(f"body: {name}\nexpected: {'x' * 100_000}\n")
    first, _ = pack()
    (ready / "samples/b.yaml").write_text(f"body: b\nexpected: {'y' * 100_000}\n")
    second, _ = pack()
    assert second.digest == first.digest
    assert len(records_of("packages")) == 2


def test_a_package_of_weights_is_reproducible(ready: Path, tmp_path: Path, pack: Pack) -> None:
    first, _ = pack()
    other = tmp_path / "elsewhere/toy"
    other.parent.mkdir()
    ready.rename(other)
    os.utime(other / "weights/best.pt", (1, 1))
    second = package(find_model(str(other)))
    assert second.path != first.path
    assert second.digest == first.digest
    assert hashlib.sha256(second.path.read_bytes()).digest() == hashlib.sha256(first.path.read_bytes()).digest()
