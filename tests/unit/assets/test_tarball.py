import hashlib
import io
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from isal import igzip

from assets.errors import AssetError
from assets.source_files import list_files
from assets.tarball import write_tarball

_PARTS = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=120).filter(
    lambda part: part not in {".", ".."} and len(part.encode()) <= 200
)
_TREES = st.dictionaries(
    st.lists(_PARTS, min_size=1, max_size=5).map(tuple), st.binary(max_size=2000), max_size=12
)


def _members(tree: dict[tuple[str, ...], bytes]) -> dict[str, bytes]:
    """Drop the files that lie where another one needs a folder."""
    folders = {path[:depth] for path in tree for depth in range(1, len(path))}
    return {"/".join(path): content for path, content in tree.items() if path not in folders}


def _extract(tarball: Path, into: Path, locale: str) -> dict[bytes, bytes]:
    into.mkdir()
    subprocess.run(["tar", "-xzf", tarball, "-C", into], check=True, env={**os.environ, "LC_ALL": locale})
    files = (path for path in into.rglob("*") if path.is_file())
    return {os.fsencode(path.relative_to(into)): path.read_bytes() for path in files}


@settings(derandomize=True, max_examples=60, deadline=None)
@given(tree=_TREES, locale=st.sampled_from(["C", "C.UTF-8"]))
def test_any_tree_comes_out_of_plain_tar_as_it_went_in(tree: dict[tuple[str, ...], bytes], locale: str) -> None:
    members = _members(tree)
    with tempfile.TemporaryDirectory() as folder:
        tarball = Path(folder) / "model.tar.gz"
        write_tarball(tarball, members)
        extracted = _extract(tarball, Path(folder) / "out", locale)
    assert extracted == {name.encode(): content for name, content in members.items()}


def test_many_and_empty_files_come_out_of_plain_tar(tmp_path: Path) -> None:
    members = {f"folder {number % 7}/{number}.txt": str(number).encode() * (number % 3) for number in range(3000)}
    write_tarball(tmp_path / "model.tar.gz", members)
    extracted = _extract(tmp_path / "model.tar.gz", tmp_path / "out", "C")
    assert extracted == {name.encode(): content for name, content in members.items()}


def test_long_unicode_and_deep_names_come_out_of_plain_tar(tmp_path: Path) -> None:
    names = [
        "n" * 101,
        "ü" * 100,
        "/".join(["deep"] * 60) + "/x",
        "a/" + "b" * 155 + "/" + "c" * 99,
        "漢字.txt",
        "a b\n",
    ]
    members = {name: name.encode() for name in names}
    write_tarball(tmp_path / "model.tar.gz", members)
    assert _extract(tmp_path / "model.tar.gz", tmp_path / "out", "C") == {n.encode(): n.encode() for n in names}


def test_owner_time_and_mode_are_fixed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/run.sh").write_text("echo")
    (tmp_path / "in/run.sh").chmod(0o700)
    write_tarball(tmp_path / "model.tar.gz", {**list_files(tmp_path / "in"), "b": b""})
    with tarfile.open(tmp_path / "model.tar.gz") as tar:
        entries = tar.getmembers()
    assert [entry.name for entry in entries] == ["b", "run.sh"]
    for entry in entries:
        assert entry.isreg()
        assert (entry.mode, entry.uid, entry.gid, entry.uname, entry.gname, entry.mtime) == (
            0o644,
            0,
            0,
            "",
            "",
            0,
        )


def test_the_gzip_header_is_fixed_and_has_neither_time_nor_name(tmp_path: Path) -> None:
    write_tarball(tmp_path / "model.tar.gz", {"a": b"a"})
    assert (tmp_path / "model.tar.gz").read_bytes()[:10] == bytes.fromhex("1f8b08000000000000ff")


def test_members_of_any_size_are_as_they_were_and_have_their_digests(tmp_path: Path) -> None:
    members = {"none": b"", "zeros": bytes(100_000)}
    sizes = (0, 1, 511, 512, 2**21 - 1, 2**21, 2**21 + 1, 2**22, 5_000_000)
    members |= {f"file-{size}": os.urandom(size) for size in sizes}
    (tmp_path / "in").mkdir()
    for name, content in members.items():
        (tmp_path / "in" / name).write_bytes(content)
    digests = write_tarball(tmp_path / "model.tar.gz", {**list_files(tmp_path / "in"), "none": b""})
    stream = igzip.decompress((tmp_path / "model.tar.gz").read_bytes())
    assert digests == {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    assert len(stream) % tarfile.RECORDSIZE == 0
    with tarfile.open(fileobj=io.BytesIO(stream)) as tar:
        for name, content in members.items():
            file = tar.extractfile(name)
            assert file is not None
            assert file.read() == content


def test_the_order_of_members_is_of_no_account(tmp_path: Path) -> None:
    members = {"b": b"1", "a/c": b"2", "a": b"3"}
    first = write_tarball(tmp_path / "first", members)
    second = write_tarball(tmp_path / "second", dict(reversed(members.items())))
    assert first == second
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


@pytest.mark.parametrize("content", ["", "shorter", "much longer than it was when the folder was listed"])
def test_a_file_that_changes_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/weights").write_text("twelve bytes")
    files = list_files(tmp_path / "in")
    (tmp_path / "in/weights").write_text(content)
    with pytest.raises(AssetError, match="weights: changed while it was packaged"):
        write_tarball(tmp_path / "model.tar.gz", files)


def test_another_file_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_text("precious")
    with pytest.raises(FileExistsError):
        write_tarball(tmp_path / "model.tar.gz", {})
    assert (tmp_path / "model.tar.gz").read_text() == "precious"
