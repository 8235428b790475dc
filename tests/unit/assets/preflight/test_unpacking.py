"""The tarball on the disk: nothing beside its folder, nothing twice."""

import io
import tarfile
import time

import pytest

from assets.preflight import PreflightError
from assets.preflight.unpacking import unpack

ECHO = b"def answer(body, content_type):\n    return 200, content_type, body\n"


def far() -> float:
    return time.monotonic() + 60


@pytest.mark.parametrize(
    "member",
    [
        tarfile.TarInfo("../escaped"),
        tarfile.TarInfo("/../escaped"),
        tarfile.TarInfo("code/../../escaped"),
    ],
    ids=lambda member: member.name,
)
def test_no_member_leads_out(tmp_path, member):
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as tar:
        tar.addfile(member, io.BytesIO())
    with pytest.raises(PreflightError, match=r"model.tar.gz: cannot be unpacked: .*escaped"):
        unpack(tmp_path / "model.tar.gz", tmp_path / "model", linked={}, deadline=far())
    assert not list(tmp_path.rglob("escaped"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_no_link_leads_out(tmp_path, kind):
    member = tarfile.TarInfo("link")
    member.type, member.linkname = kind, "../outside"
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as tar:
        tar.addfile(member)
    with pytest.raises(PreflightError, match="cannot be unpacked"):
        unpack(tmp_path / "model.tar.gz", tmp_path / "model", linked={}, deadline=far())


@pytest.mark.parametrize("damage", [lambda data: data[:-20], lambda data: b"x" + data, lambda data: b""])
def test_a_broken_tarball(toy, damage):
    package = toy.pack({"behaviour.py": ECHO})
    package.path.write_bytes(damage(package.path.read_bytes()))
    with pytest.raises(PreflightError, match=r"model.tar.gz: cannot be unpacked: .* Package the model again."):
        toy.try_out(package)
    assert not toy.left()


def test_files_that_are_there_already_are_linked(tmp_path, toy):
    package = toy.pack({"behaviour.py": ECHO, "model.pt": b"weights"})
    source = tmp_path / "exported.pt"
    source.write_bytes(b"WEIGHTS")
    unpack(package.path, tmp_path / "model", linked={"model.pt": source}, deadline=far())
    assert (tmp_path / "model/model.pt").readlink() == source
    assert (tmp_path / "model/behaviour.py").read_bytes() == ECHO


@pytest.mark.parametrize("content", [b"longer than that", None])
def test_a_file_that_is_another_one_is_not_linked(tmp_path, toy, content):
    package = toy.pack({"model.pt": b"weights"})
    source = tmp_path / "exported.pt"
    if content is not None:
        source.write_bytes(content)
    unpack(package.path, tmp_path / "model", linked={"model.pt": source}, deadline=far())
    assert (tmp_path / "model/model.pt").read_bytes() == b"weights"
    assert not (tmp_path / "model/model.pt").is_symlink()


def test_the_time_limit_holds_for_unpacking(toy):
    with pytest.raises(PreflightError, match="unpacking it took the whole time limit"):
        toy.try_out(toy.pack({"behaviour.py": ECHO}), time_limit=0.0)
