"""A package unpacked for publishing: the same bytes, no more room than needed, whole or not at all."""

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assets import checkout
from assets.errors import AssetError
from assets.package import Package
from assets.tarball import write_tarball
from assets.unpacked import unpacked

Pack = Callable[..., tuple[Package, list[str]]]
ContentsOf = Callable[[Path], dict[str, bytes]]


def test_every_file_is_there_as_in_the_tarball(toy: Path, pack: Pack) -> None:
    packed, _ = pack()
    files = unpacked(packed)
    listing = files.pop("manifest.json").read_bytes()
    assert hashlib.sha256(listing).hexdigest() == packed.digest
    found = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    assert found == json.loads(listing)["files"]


def test_exported_weights_are_not_copied_and_stay_when_the_export_goes(
    toy: Path, pack: Pack, contents_of: ContentsOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed, _ = pack()

    def refuse(*_: object) -> None:
        raise AssertionError("the weights were copied")

    monkeypatch.setattr(shutil, "copyfile", refuse)
    weights = unpacked(packed)["model.pt"]
    packed.linked["model.pt"].unlink()
    assert weights.read_bytes() == contents_of(packed.path)["model.pt"]


def test_it_is_unpacked_once(toy: Path, pack: Pack) -> None:
    packed, _ = pack()
    steps: list[str] = []
    before = unpacked(packed, steps.append)
    assert unpacked(packed, steps.append) == before
    assert steps == ["unpacking toy to publish its files"]


def test_weights_that_are_gone_come_out_of_the_tarball(toy: Path, pack: Pack, contents_of: ContentsOf) -> None:
    packed, _ = pack()
    packed = dataclasses.replace(packed, linked={"model.pt": toy / "not-there.pt"})
    assert unpacked(packed)["model.pt"].read_bytes() == contents_of(packed.path)["model.pt"]


def test_weights_that_changed_since_come_out_of_the_tarball(
    toy: Path, pack: Pack, contents_of: ContentsOf
) -> None:
    packed, _ = pack()
    genuine = contents_of(packed.path)["model.pt"]
    changed = toy / "changed.pt"
    changed.write_bytes(bytes(len(genuine)))
    packed = dataclasses.replace(packed, linked={"model.pt": changed})
    assert unpacked(packed)["model.pt"].read_bytes() == genuine


def test_weights_of_the_users_are_not_the_same_file(toy: Path, pack: Pack, contents_of: ContentsOf) -> None:
    packed, _ = pack()
    own = toy / "own.pt"
    own.write_bytes(contents_of(packed.path)["model.pt"])
    packed = dataclasses.replace(packed, linked={"model.pt": own})
    placed = unpacked(packed)["model.pt"]
    own.write_bytes(b"edited in place")
    assert placed.read_bytes() == contents_of(packed.path)["model.pt"]


@pytest.mark.parametrize("name", ["model.pt", "manifest.json", "code/inference.py"])
def test_a_file_that_was_lost_or_cut_short_is_unpacked_anew(
    toy: Path, pack: Pack, contents_of: ContentsOf, name: str
) -> None:
    packed, _ = pack()
    path = unpacked(packed)[name]
    path.unlink()
    path.write_bytes(b"{}")
    assert unpacked(packed)[name].read_bytes() == contents_of(packed.path)[name]


def test_a_broken_tarball_is_refused_and_leaves_nothing(toy: Path, pack: Pack) -> None:
    packed, _ = pack()
    broken = toy / "broken.tar.gz"
    broken.write_bytes(packed.path.read_bytes()[:200])
    with pytest.raises(AssetError, match=r"broken\.tar\.gz: cannot be unpacked"):
        unpacked(dataclasses.replace(packed, path=broken))
    folder = checkout.STATE / "unpacked" / "toy"
    assert [path for path in folder.iterdir() if path.name != "lock"] == []


def test_a_name_that_sagemaker_refuses_is_named(toy: Path, pack: Pack) -> None:
    packed, _ = pack()
    path = toy / "long.tar.gz"
    write_tarball(path, {f"code/{'é' * 128}.txt": b""})
    with pytest.raises(AssetError, match=r"long.tar.gz: é+… is longer than 255 bytes"):
        unpacked(dataclasses.replace(packed, path=path))
