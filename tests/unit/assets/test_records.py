import dataclasses
import os
import time
from pathlib import Path

import pytest

from assets.records import AN_HOUR, Facts, Records


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(folder=tmp_path / "records", file_name="large", facts_name="facts.json", keep=2)


def _make(folder: Path) -> Facts:
    (folder / "large").write_bytes(b"made")
    return {"shape": "s"}


def _never(*_: Path) -> None:
    raise AssertionError("nothing is to be done")


def test_no_attempt_writes_where_an_earlier_one_may_still_write(records: Records) -> None:
    # What a killed process started may outlive it for a moment, and go on writing into its folder.
    folders: list[Path] = []

    def fail(folder: Path) -> Facts:
        folders.append(folder)
        raise RuntimeError("killed")

    for _ in range(2):
        with pytest.raises(RuntimeError, match="killed"):
            records.find_or_make("key", fail, _never)
    assert folders[0] != folders[1]
    assert not folders[0].exists()


def test_what_an_earlier_attempt_left_is_removed(records: Records) -> None:
    leftover = records.folder / "left.tmp"
    leftover.mkdir(parents=True)
    (leftover / "large").touch()
    records.find_or_make("key", _make, _never)
    assert {path.name for path in records.folder.iterdir()} == {"key", "lock"}


def test_a_record_of_the_same_shape_may_be_the_same(records: Records) -> None:
    made = records.make_unlike("s", lambda folder: ("key", _make(folder)), _never)
    assert made is not None
    assert made[0] == "key"
    assert records.make_unlike("s", _never, _never) is None  # type: ignore[arg-type, return-value]
    assert records.path("key").read_bytes() == b"made"
    assert records.find("key") == made[1]


def test_a_broken_record_of_the_same_shape_is_none(records: Records) -> None:
    records.make_unlike("s", lambda folder: ("key", _make(folder)), _never)
    records.path("key").write_bytes(b"cut")
    assert records.make_unlike("s", lambda folder: ("key", _make(folder)), _never) is not None
    assert records.path("key").read_bytes() == b"made"


def test_what_was_used_within_the_spared_time_stays_and_the_rest_goes(records: Records) -> None:
    spared = dataclasses.replace(records, spared=AN_HOUR)
    for key in ("a", "b", "c", "d"):
        spared.find_or_make(key, _make, _never)
    past = time.time() - 2 * AN_HOUR
    for key in ("a", "b", "c"):
        os.utime(spared.folder / key, (past, past))
    assert spared.find("b")  # which is a use
    spared.find_or_make("e", _make, _never)
    assert {path.name for path in spared.folder.iterdir()} == {"b", "d", "e", "lock"}
