import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assets.errors import AssetError
from assets.progress import Progress
from assets.source_digest import Digests, combine
from assets.source_files import list_files

LARGE = 200_000  # bytes, so that its digest is remembered
LONG_AGO = 1_000_000_000 * 10**9  # nanoseconds


def _digests(folder: Path) -> dict[str, str]:
    return Digests("toy").of(list_files(folder).values(), Progress())


def test_a_digest_is_the_sha_256_of_the_bytes(root: Path) -> None:
    (root / "model_code/a").write_bytes(b"a" * LARGE)
    (root / "model_code/b").write_bytes(b"")
    expected = {name: hashlib.sha256(data).hexdigest() for name, data in {"a": b"a" * LARGE, "b": b""}.items()}
    assert _digests(root / "model_code") == expected
    assert _digests(root / "model_code") == expected


def test_the_same_size_and_time_do_not_hide_other_bytes(root: Path) -> None:
    folder = root / "model_code"
    (folder / "weights").write_bytes(b"a" * LARGE)
    os.utime(folder / "weights", ns=(LONG_AGO, LONG_AGO))
    before = _digests(folder)
    (folder / "new").write_bytes(b"b" * LARGE)
    os.utime(folder / "new", ns=(LONG_AGO, LONG_AGO))
    (folder / "new").replace(folder / "weights")
    assert _digests(folder) != before


def test_bytes_written_right_after_a_digest_are_seen(root: Path) -> None:
    path = root / "model_code/weights"
    seen = set()
    for value in range(20):
        path.write_bytes(bytes([value]) * LARGE)
        seen.add(_digests(path.parent)["weights"])
    assert len(seen) == 20


def test_threads_may_remember_at_the_same_time(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = root / "model_code/weights"
    path.write_bytes(b"a" * LARGE)
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    monkeypatch.setattr("assets.source_digest._CLOCK_STEP_NS", 0)
    both_wrote = threading.Barrier(2)
    real = Path.write_text

    def write(self: Path, text: str) -> int:
        written = real(self, text)
        both_wrote.wait(30)
        return written

    monkeypatch.setattr(Path, "write_text", write)
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(_digests, [path.parent] * 2)
    assert one == other
    assert [file.name for file in (root / ".slipway/digests").iterdir()] == ["toy.json"]


@pytest.mark.parametrize("memory", ["", "{", "[]", "null"])
def test_a_broken_memory_is_made_anew(root: Path, memory: str) -> None:
    (root / "model_code/weights").write_bytes(b"a" * LARGE)
    before = _digests(root / "model_code")
    (root / ".slipway/digests").mkdir(parents=True, exist_ok=True)
    (root / ".slipway/digests/toy.json").write_text(memory)
    assert _digests(root / "model_code") == before


def test_a_file_that_changes_after_the_folder_was_listed_is_refused(root: Path) -> None:
    path = root / "model_code/weights"
    path.write_bytes(b"a")
    files = list_files(path.parent)
    path.write_bytes(b"bb")
    with pytest.raises(AssetError, match=r"model_code/weights: changed while it was packaged\. Run the command"):
        Digests("toy").of(files.values(), Progress())


def test_combine_depends_on_content_alone() -> None:
    assert combine({"a": 1, "b": [2]}) == combine({"b": [2], "a": 1})
    assert combine({"a": 1}) != combine({"a": 2})
