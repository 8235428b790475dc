"""The folder of a review is gone however the review ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from slipway.review.scratch import scratch_folder

HOLDS = """
import sys
from pathlib import Path
from slipway.review.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "tree").mkdir()
    print(folder, flush=True)
    sys.stdin.read()
"""


def holder(parent: Path) -> tuple["subprocess.Popen[str]", Path]:
    command = [sys.executable, "-c", HOLDS, str(parent)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    return process, Path(process.stdout.readline().strip())


def test_it_is_removed_at_the_end_and_after_an_error(tmp_path: Path) -> None:
    with scratch_folder(tmp_path / "review") as folder:
        (folder / "file").touch()
    assert not folder.exists()
    with pytest.raises(ZeroDivisionError), scratch_folder(tmp_path / "review") as folder:
        raise ZeroDivisionError
    assert not folder.exists()


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_it_is_removed_when_the_review_is_interrupted(tmp_path: Path, by: signal.Signals) -> None:
    process, _ = holder(tmp_path)
    os.kill(process.pid, by)
    _, errors = process.communicate()
    assert "KeyboardInterrupt" in errors
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_review_left_is_removed_by_the_next_and_one_that_runs_is_left_alone(tmp_path: Path) -> None:
    killed, leftover = holder(tmp_path)
    running, theirs = holder(tmp_path)
    killed.kill()
    killed.communicate()
    with scratch_folder(tmp_path) as own:
        assert not leftover.exists()
        assert {own, theirs} == set(tmp_path.iterdir())
    running.communicate("")
    assert not theirs.exists()
