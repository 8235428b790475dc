"""Digests of a model folder's files; a file that did not change is read once."""

import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

from assets import checkout
from assets.source_files import FileState, SourceFile, check_unchanged

_REMEMBERED_SIZE = 64 * 1024
"""Bytes; reading a smaller file costs no more than looking its digest up."""

_CLOCK_STEP_NS = 2_000_000_000
"""The coarsest modification time that a file system keeps (FAT's two seconds)."""


def digest_files(files: Iterable[SourceFile], *, memory_name: str) -> dict[str, str]:
    """Return the SHA-256 of each file's bytes, hexadecimal, by the file's name.

    Digests of larger files are remembered under `.slipway/digests/` together with the file's size, times and
    inode, so that a weight file of gigabytes costs one `stat` where it did not change.

    Parameters
    ----------
    files
        The files, as listed.
    memory_name
        Name of the model folder's state, which tells its files from another folder's.

    Raises
    ------
    AssetError
        A file changes while it is read.
    """
    memory = checkout.STATE / "digests" / f"{memory_name}.json"
    remembered = _read_memory(memory)
    renewed: dict[str, Any] = {}
    digests: dict[str, str] = {}
    for file in files:
        state = list(astuple(file.state))
        known = remembered.get(file.name)
        if known and known["state"] == state:
            digests[file.name] = known["sha256"]
            renewed[file.name] = known
            continue
        with file.path.open("rb") as stream:
            digests[file.name] = hashlib.file_digest(stream, "sha256").hexdigest()
        check_unchanged([file])
        if file.state.size >= _REMEMBERED_SIZE and _settled(file.state):
            renewed[file.name] = {"state": state, "sha256": digests[file.name]}
    if renewed != remembered:
        _write_memory(memory, renewed)
    return digests


def combine(parts: Mapping[str, Any]) -> str:
    """Return the SHA-256, hexadecimal, of a mapping that JSON can express, in whatever order its keys are."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _settled(state: FileState) -> bool:
    # A file that is written again within the same step of the file system's clock would keep its times.
    return time.time_ns() - max(state.mtime_ns, state.ctime_ns) > _CLOCK_STEP_NS


def _read_memory(path: Path) -> dict[str, Any]:
    try:
        memory = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return memory if isinstance(memory, dict) else {}


def _write_memory(path: Path, memory: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    beside.write_text(json.dumps(memory))
    beside.replace(path)
