import gzip
import io
import sys
import tarfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.errors import AssetError
from assets.inspection import Finding, target_of
from assets.inspection.inspection import inspect_tarball
from assets.inspection.tar_reader import TarStream

_SLIM = target_of("slim")


def _ids(findings: list[Finding]) -> set[str]:
    return {finding.id for finding in findings}


def _entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.type = kind
    header.linkname = link
    return header


def test_a_valid_tarball_has_no_findings(inspect_packed: Any) -> None:
    link = _entry("code/labels.txt", tarfile.SYMTYPE, "../labels.txt")
    folder = _entry("code/data", tarfile.DIRTYPE)
    hard = _entry("copy.txt", tarfile.LNKTYPE, "labels.txt")
    name = "code/" + "ü" * 120 + ".txt"
    assert inspect_packed(("labels.txt", b"cat\n"), (link, b""), (folder, b""), (hard, b""), (name, b"x")) == []


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (_entry("/etc/passwd"), "absolute-path"),
        (_entry("code/../../evil.py"), "path-outside"),
        (_entry("code/lib", tarfile.SYMTYPE, "../../lib"), "link-outside"),
        (_entry("code/lib", tarfile.SYMTYPE, "/usr/lib"), "link-outside"),
        (_entry("passwd", tarfile.LNKTYPE, "../etc/passwd"), "link-outside"),
        (_entry("code/null", tarfile.CHRTYPE), "special-file"),
        (_entry("code/disk", tarfile.BLKTYPE), "special-file"),
        (_entry("code/pipe", tarfile.FIFOTYPE), "special-file"),
        (_entry("code/odd", b"Z"), "special-file"),
        (_entry("code/Inference.py"), "similar-names"),
        (_entry("code/__init__.py"), "code-package"),
        (_entry("code/\udcff.txt"), "name-not-unicode"),
    ],
)
def test_each_broken_member_is_found(inspect_packed: Any, header: tarfile.TarInfo, expected: str) -> None:
    assert _ids(inspect_packed((header, b""))) == {expected}


@pytest.mark.parametrize("name", ["", ".", "./", "a/.."])
def test_a_file_may_not_be_the_folder_itself(inspect_packed: Any, name: str) -> None:
    assert _ids(inspect_packed((_entry(name), b"x"))) == {"path-outside"}


_UP = _entry("code/up", tarfile.SYMTYPE, "..")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([_UP, _entry("code/up/out", tarfile.SYMTYPE, "..")], [("link-outside", "code/up/out")]),
        ([_UP, _entry("up", tarfile.SYMTYPE, "code/up/../x")], [("link-outside", "up")]),
        ([_entry("a", tarfile.SYMTYPE, "b"), _entry("b", tarfile.SYMTYPE, "a")], [("link-outside", "a")]),
        ([_entry("labels.txt", tarfile.SYMTYPE, "nothing.txt")], [("link-outside", "labels.txt")]),
        ([_entry("labels.txt", tarfile.LNKTYPE, "nothing.txt")], [("link-outside", "labels.txt")]),
        ([_UP, _entry("code/up/x.txt")], [("path-outside", "code/up/x.txt")]),
        ([_entry("code/inference.py/x.txt")], [("duplicate-name", "code/inference.py/x.txt")]),
        ([_entry("code/inference.py", tarfile.DIRTYPE)], [("duplicate-name", "code/inference.py")]),
        ([_entry("code/inference.py", tarfile.SYMTYPE, "../model.pt")], [("duplicate-name", "code/inference.py")]),
    ],
    ids=[
        "chain",
        "dots-behind-a-link",
        "circle",
        "nowhere",
        "hard",
        "below-a-link",
        "below-a-file",
        "folder",
        "link",
    ],
)
def test_what_members_do_to_each_other(
    inspect_packed: Any, headers: list[tarfile.TarInfo], expected: list[tuple[str, str]]
) -> None:
    found = [(finding.id, finding.where) for finding in inspect_packed(*((header, b"") for header in headers))]
    assert set(expected) <= set(found)


def test_links_that_stay_inside_are_fine(inspect_packed: Any) -> None:
    folder = (_entry("latest", tarfile.SYMTYPE, "code"), b"")
    through = (_entry("handler.py", tarfile.SYMTYPE, "latest/./inference.py"), b"")
    top = (_entry("here", tarfile.SYMTYPE, "."), b"")
    assert inspect_packed((_entry("./", tarfile.DIRTYPE), b""), folder, through, top) == []


def test_a_link_is_not_judged_by_members_that_were_not_read(tmp_path: Path, write_tarball: Any) -> None:
    early = (_entry("early.txt", tarfile.SYMTYPE, "late.txt"), b"")
    tarball = write_tarball(early, ("late.txt", b"x"))
    content = gzip.decompress(tarball.read_bytes())
    tarball.write_bytes(gzip.compress(content[:1024]))  # the link, and a header without its bytes
    assert _ids(inspect_tarball(tarball, _SLIM)) >= {"archive-unreadable"}
    assert "link-outside" not in _ids(inspect_tarball(tarball, _SLIM))


@pytest.mark.parametrize(
    ("name", "reason"),
    [("\u00fc" * 128 + ".txt", "has 260 bytes"), ("\u00fc\0.txt", "holds a null byte")],
    ids=["long", "null"],
)
def test_a_name_that_linux_does_not_take(inspect_packed: Any, name: str, reason: str) -> None:
    found = inspect_packed((f"code/{name}", b"x"))
    assert [finding.id for finding in found if reason in finding.what] == ["archive-unreadable"]


@pytest.mark.parametrize("name", ["code/labels.txt", "./code//labels.txt"])
def test_a_name_that_occurs_twice(inspect_packed: Any, name: str) -> None:
    assert _ids(inspect_packed(("code/labels.txt", b"cat"), (name, b"dog"))) == {"duplicate-name"}


def test_names_that_differ_in_unicode_form_only(inspect_packed: Any) -> None:
    found = inspect_packed(("caf\u00e9.txt", b""), ("cafe\u0301.txt", b""))
    assert [(finding.id, finding.severity) for finding in found] == [("similar-names", "warning")]


def test_a_sparse_file_is_found(inspect_packed: Any) -> None:
    header = _entry("weights.bin")
    header.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}
    assert _ids(inspect_packed((header, b"x"))) == {"special-file"}


def test_a_name_cannot_act_on_the_terminal(inspect_packed: Any) -> None:
    (finding,) = inspect_packed(("code/../\x1b[31m\n.txt", b""))
    assert finding.where == r"code/../\x1b[31m\n.txt"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\3\4 is a zip file, and no gzip file", "no gzip file"),
        (gzip.compress(b"x" * 512, mtime=0), "no tar file"),
        (gzip.compress(b"x" * 100, mtime=0), "within a header"),
    ],
)
def test_what_is_no_tarball_is_said_to_be_none(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "model.tar.gz"
    path.write_bytes(content)
    found = inspect_tarball(path, _SLIM)
    assert _ids(found) == {"archive-unreadable"}
    assert reason in found[0].what


@pytest.mark.parametrize("content", [b"", gzip.compress(b"", mtime=0), gzip.compress(bytes(10240), mtime=0)])
def test_an_empty_tarball_has_no_model(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.tar.gz"
    path.write_bytes(content)
    assert _ids(inspect_tarball(path, _SLIM)) == {"model-file-missing"}


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_tarball_that_was_cut_off(write_tarball: Any, share: float) -> None:
    path = write_tarball(("data.bin", bytes(range(256)) * 2000))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert _ids(inspect_tarball(path, _SLIM)) == {"archive-unreadable"}


def test_a_member_that_is_shorter_than_it_says(tmp_path: Path) -> None:
    header = _entry("model.pt")
    header.size = 10**15
    path = tmp_path / "model.tar.gz"
    path.write_bytes(gzip.compress(header.tobuf() + b"x" * 1000))
    assert _ids(inspect_tarball(path, _SLIM)) == {"archive-unreadable"}


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch, write_tarball: Any) -> None:
    path = write_tarball(("zeros.bin", bytes(4 * 1024**2)))
    assert "archive-bomb" not in _ids(inspect_tarball(path, _SLIM))
    monkeypatch.setattr("assets.inspection.tar_reader._UNPACKED_LIMIT", 1024**2)
    assert _ids(inspect_tarball(path, _SLIM)) == {"archive-bomb"}


def test_too_many_members(monkeypatch: pytest.MonkeyPatch, write_tarball: Any) -> None:
    path = write_tarball(*[(f"code/{number}.txt", b"") for number in range(20)])
    monkeypatch.setattr("assets.inspection.inspection._MOST_MEMBERS", 20)
    assert "too-many-members" not in _ids(inspect_tarball(path, _SLIM))
    monkeypatch.setattr("assets.inspection.inspection._MOST_MEMBERS", 19)
    assert _ids(inspect_tarball(path, _SLIM)) == {"too-many-members"}


def test_an_extended_header_of_any_size_is_not_read(tmp_path: Path) -> None:
    header = _entry("pax", tarfile.XHDTYPE)
    header.size = 200 * 1024**2
    path = tmp_path / "model.tar.gz"
    path.write_bytes(gzip.compress(header.tobuf() + bytes(20 * 1024**2), 1))
    tracemalloc.start()
    found = inspect_tarball(path, _SLIM)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert _ids(found) == {"archive-unreadable"}
    assert peak < 10 * 1024**2


def test_memory_does_not_grow_with_a_file(write_tarball: Any) -> None:
    path = write_tarball(("zeros.bin", bytes(64 * 1024**2)), ("model.pt", bytes(64 * 1024**2)))
    tracemalloc.start()
    found = inspect_tarball(path, _SLIM)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert _ids(found) == {"model-unreadable"}
    assert peak < 16 * 1024**2


def test_a_missing_tarball_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"nothing\.tar\.gz: No such file"):
        inspect_tarball(tmp_path / "nothing.tar.gz", _SLIM)


def test_nothing_is_left_behind(inspect_packed: Any, state: Path) -> None:
    inspect_packed()
    assert list((state / "inspecting").iterdir()) == []


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.text(min_size=1, max_size=120).filter(lambda name: "\0" not in name), st.binary(max_size=2000)
        ),
        max_size=8,
    ),
    st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
)
def test_it_reads_what_tarfile_writes(
    tmp_path_factory: pytest.TempPathFactory, members: list[tuple[str, bytes]], style: int
) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=style) as tar:
        for name, content in members:
            header = _entry(name)
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))
    path = tmp_path_factory.mktemp("tar") / "model.tar.gz"
    path.write_bytes(gzip.compress(stream.getvalue(), 1))
    with tarfile.open(path) as tar:
        expected = [(one.name, tar.extractfile(one).read() if one.isfile() else b"") for one in tar]  # type: ignore[union-attr]
    reader = TarStream(path)
    found = [(member.name.rstrip("/"), reader.read(sys.maxsize)) for member in reader.members()]
    assert found == [(name.rstrip("/"), content) for name, content in expected]


@settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.floats(0, 1, exclude_max=True), byte=st.binary(min_size=1, max_size=4), end=st.floats(0, 1))
def test_a_damaged_tarball_never_breaks_the_inspection(
    write_tarball: Any, place: float, byte: bytes, end: float
) -> None:
    path = write_tarball(
        ("model.pt", b"PK\3\4" + bytes(300)),
        ("code/inference.py", b"x = 1\n"),
        ("code/requirements.txt", b"a==1\n"),
    )
    plain = gzip.decompress(path.read_bytes())
    at = int(place * len(plain))
    damaged = (plain[:at] + byte + plain[at + len(byte) :])[: max(1, int(end * len(plain)))]
    path.write_bytes(gzip.compress(damaged, 1))
    assert inspect_tarball(path, _SLIM)


@settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=3000), st.booleans())
def test_random_bytes_never_break_the_inspection(tmp_path: Path, content: bytes, compressed: bool) -> None:
    path = tmp_path / "model.tar.gz"
    path.write_bytes(gzip.compress(content, 1) if compressed else content)
    assert inspect_tarball(path, _SLIM)
