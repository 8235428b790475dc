"""A disk that takes no more.

A limit on the size of the files that the emulator's process writes stands for it: the system refuses the write in
the middle of a file, as a full disk does, and nobody has to be root.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest

pytestmark = pytest.mark.skipif(not hasattr(psutil, "RLIMIT_FSIZE"), reason="only Linux limits another process")
ROW = json.dumps([[1.0] * 10])
LARGE = 3_000_000  # bytes; larger than any file of the state


@contextmanager
def largest_file(machine, size: int) -> Iterator[None]:
    """Let the emulator write no file of more than so many bytes."""
    emulator = psutil.Process(machine.status()["running"]["pid"])
    soft, hard = emulator.rlimit(psutil.RLIMIT_FSIZE)
    emulator.rlimit(psutil.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        emulator.rlimit(psutil.RLIMIT_FSIZE, (soft, hard))


def test_a_tarball_that_finds_no_room_is_rolled_back_with_the_reason(own_project):
    machine = own_project.machine
    own_project.deploy()
    before = own_project.slipway("invoke", "scores", "--data", ROW).stdout
    (own_project.model / "table.bin").write_bytes(bytes(LARGE))

    with largest_file(machine, LARGE // 2):
        failed = own_project.deploy(check=False)
        answer = own_project.slipway("invoke", "scores", "--data", ROW).stdout

    assert failed.returncode != 0
    said = failed.stdout + failed.stderr
    assert "The local AWS found no room for model data from s3://" in said
    assert "File too large. Make room on that disk and deploy again." in said
    assert "Traceback" not in said
    assert answer == before
    assert len(list((machine.folder / "containers").glob("*"))) == 1  # of the endpoint that runs
    own_project.deploy()
    assert own_project.slipway("invoke", "scores", "--data", ROW).stdout == before


def test_what_cannot_be_saved_is_not_given_up_without_a_word(own_machine):
    own_machine.slipway("local", "up")
    own_machine.slipway("local", "down")
    own_machine.slipway("local", "up")
    saved = state(own_machine)
    own_machine.client("ssm").put_parameter(Name="/newest", Value="x" * 2000, Type="String")

    with largest_file(own_machine, 1000):
        refused = own_machine.slipway("local", "down", check=False)
        during = state(own_machine)
        value = own_machine.client("ssm").get_parameter(Name="/newest")["Parameter"]["Value"]

    assert refused.returncode != 0
    assert "The state of AWS on this machine cannot be saved" in refused.stderr
    assert "File too large" in refused.stderr
    assert "slipway local down --purge" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert during.keys() == saved.keys()
    own_machine.slipway("local", "down")
    own_machine.slipway("local", "up", "--no-bootstrap")
    assert own_machine.client("ssm").get_parameter(Name="/newest")["Parameter"]["Value"] == value


def state(machine) -> dict[str, Any]:
    """Every file of the saved state by its name; each is whole, since it can be read."""
    return {path.name: json.loads(path.read_text()) for path in (machine.folder / "state").glob("*.json*")}
