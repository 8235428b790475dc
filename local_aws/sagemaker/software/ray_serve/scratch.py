"""The folder that a node's Ray keeps its sockets and logs in."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from local_aws.process_registry import same_process, started_at

_LONGEST = 20  # characters; Ray appends up to 63 to the folder, and a Unix socket's path has at most 107


def make() -> Path:
    """Make the folder of this process, named by its id and start."""
    folder = _base() / f"{os.getpid()}-{started_at(os.getpid()):.0f}"
    folder.mkdir(parents=True, mode=0o700)
    return folder


def sweep() -> None:
    """Remove the folders of processes that were killed."""
    for folder in _base().glob("*-*"):
        pid, _, started = folder.name.partition("-")
        if pid.isdecimal() and started.isdecimal() and same_process(int(pid), int(started)) is None:
            shutil.rmtree(folder, ignore_errors=True)


def _base() -> Path:
    folder = tempfile.gettempdir()
    return Path(folder if len(folder) <= _LONGEST else "/tmp") / f"slipway-ray-{os.getuid()}"  # noqa: S108 - short
