"""Digests of files; a file that did not change is read once."""

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

from assets import checkout
from assets.progress import Progress
from assets.source_files import FileState, SourceFile, changed, check_unchanged

_REMEMBERED_SIZE = 64 * 1024
"""Bytes; reading a smaller file costs no more than looking its digest up."""

_CLOCK_STEP_NS = 2_000_000_000
"""The coarsest modification time that a file system keeps (FAT's two seconds)."""

_CHUNK = 2 * 1024 * 1024


class Digests:
    """The SHA-256, hexadecimal, of files' bytes.

    Those of larger files are remembered under `.slipway/digests/` together with the file's size, times and
    inode, so that a weight file of gigabytes costs one `stat` where it did not change.

    Parameters
    ----------
    memory_name
        Name of the model folder's state: what is packed at the same time has memories of its own.
    """

    def __init__(self, memory_name: str) -> None:
        self._memory = checkout.STATE / "digests" / f"{memory_name}.json"
        self._remembered = _read_memory(self._memory)
        self._new: dict[str, Any] = {}
        self._known: dict[str, str] = {}

    def unknown(self, files: Iterable[SourceFile]) -> list[SourceFile]:
        """Return the files whose digest takes reading many bytes; those of small files are taken at once.

        Raises
        ------
        AssetError
            A file changes while it is read.
        """
        return [file for file in files if not self._is_known(file)]

    def of(self, files: Iterable[SourceFile], progress: Progress) -> dict[str, str]:
        """Return the digest of each file by its name.

        Raises
        ------
        AssetError
            A file changes while it is read.
        """
        files = list(files)
        unknown = self.unknown(files)
        if unknown:
            step = f"reading {unknown[0].name}" if len(unknown) == 1 else f"reading {len(unknown)} files"
            with progress.moving(step, sum(file.state.size for file in unknown)) as moved:
                for file in unknown:
                    self.learn(file, _read_digest(file, moved))
            self.save()
        return {file.name: self._known[file.name] for file in files}

    def learn(self, file: SourceFile, sha256: str) -> None:
        """Take the digest of a file that was read just now.

        Raises
        ------
        AssetError
            Its bytes are not those that were read before.
        """
        if self._known.get(file.name, sha256) != sha256:
            raise changed(file)
        self._known[file.name] = sha256
        if file.state.size >= _REMEMBERED_SIZE and _settled(file.state):
            self._new[str(file.path)] = {"state": list(astuple(file.state)), "sha256": sha256}

    def save(self) -> None:
        """Remember what was learned, and forget what is gone."""
        if not self._new:
            return
        known = {**self._remembered, **self._new}
        _write_memory(self._memory, {path: entry for path, entry in known.items() if Path(path).exists()})

    def _is_known(self, file: SourceFile) -> bool:
        if file.name in self._known:
            return True
        entry = self._remembered.get(str(file.path))
        if entry and entry["state"] == list(astuple(file.state)):
            self._known[file.name] = entry["sha256"]
        elif file.state.size < _REMEMBERED_SIZE:
            self._known[file.name] = _read_digest(file, lambda _: None)
        return file.name in self._known


def combine(parts: Mapping[str, Any]) -> str:
    """Return the SHA-256, hexadecimal, of a mapping that JSON can express, in whatever order its keys are."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _read_digest(file: SourceFile, moved: Callable[[int], None]) -> str:
    digest = hashlib.sha256()
    with file.path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            moved(len(chunk))
    check_unchanged([file])
    return digest.hexdigest()


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
    # A model is packed for several containers at the same time by threads of one process.
    beside = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    beside.write_text(json.dumps(memory))
    beside.replace(path)
