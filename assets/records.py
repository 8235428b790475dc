"""Finished work, kept under `.slipway` by the digest of its inputs."""

import fcntl
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

Facts = dict[str, Any]

_UNFINISHED = ".tmp"
_SECONDS_BETWEEN_TRIES = 0.05

AN_HOUR = 3600.0
"""Longer than a synth and the deployment or review after it take, which read what the synth named."""


@dataclass(frozen=True)
class Records:
    """The records of one kind for one model: folders named by their key.

    Each holds one large file and the facts about it. It is written beside its place and renamed, so that one
    which is there is whole; its size is checked all the same, for a file that was cut short later.

    Parameters
    ----------
    folder
        Where the records lie.
    file_name
        Of the large file.
    facts_name
        Of the JSON file with the facts about it; it holds its size, in bytes, among what the maker says.
    keep
        How many records stay; the ones that were used last.
    spared
        Seconds after its last use in which a record stays, however many there are: whoever asked for it may still
        be reading it.
    """

    folder: Path
    file_name: str
    facts_name: str
    keep: int
    spared: float = 0

    def path(self, key: str) -> Path:
        """Return where the large file of the record `key` lies."""
        return self.folder / key / self.file_name

    def find(self, key: str) -> Facts | None:
        """Return the facts of the record `key`, or None where it is not there as a whole."""
        facts = self._read(key)
        if facts is None:
            return None
        with suppress(OSError):
            os.utime(self.folder / key)  # prune() keeps what was used last
        return facts

    def find_or_make(self, key: str, make: Callable[[Path], Facts], waiting: Callable[[], None]) -> Facts:
        """Return the facts of the record `key`, making it where it is missing.

        Parameters
        ----------
        key
            Digest of everything that the record depends on.
        make
            Writes the large file into the folder that it is given and returns further facts.
        waiting
            Called again and again while another process makes a record of this model.
        """
        facts = self.find(key)
        if facts is not None:
            return facts
        with self._locked(waiting):
            return self.find(key) or self._make(lambda folder: (key, make(folder)))[1]

    def make_unlike(
        self, shape: str, make: Callable[[Path], tuple[str, Facts]], waiting: Callable[[], None]
    ) -> tuple[str, Facts] | None:
        """Make a record whose key is known only when it is made, unless there is one of its shape.

        Parameters
        ----------
        shape
            Digest of what is known beforehand and equal for equal keys; among the facts of each record.
        make
            Writes the large file into the folder that it is given and returns the key and further facts.
        waiting
            As of `find_or_make`.

        Returns
        -------
        tuple of str and dict, or None
            The key and the facts of the new record; None where there is one of the shape, which may be the same.
        """
        if self._has_shape(shape):
            return None
        with self._locked(waiting):
            # Another process may have been faster.
            return None if self._has_shape(shape) else self._make(make)

    def _has_shape(self, shape: str) -> bool:
        keys = [path.parent.name for path in self.folder.glob(f"*/{self.facts_name}")]
        return any((facts := self._read(key)) is not None and facts.get("shape") == shape for key in keys)

    def _read(self, key: str) -> Facts | None:
        try:
            facts = json.loads((self.folder / key / self.facts_name).read_bytes())
            size = self.path(key).stat().st_size
        except (OSError, ValueError):
            return None
        return facts if isinstance(facts, dict) and facts.get("size") == size else None

    def _make(self, make: Callable[[Path], tuple[str, Facts]]) -> tuple[str, Facts]:
        # Only the holder of the lock writes here: whatever is unfinished was left by a process that was
        # killed.
        for leftover in self.folder.glob(f"*{_UNFINISHED}"):
            shutil.rmtree(leftover, ignore_errors=True)
        # A folder of its own: what a killed process started may outlive it for a moment, and go on writing.
        unfinished = self.folder / f"{uuid.uuid4().hex}{_UNFINISHED}"
        unfinished.mkdir()
        try:
            key, facts = make(unfinished)
            facts["size"] = (unfinished / self.file_name).stat().st_size
            (unfinished / self.facts_name).write_text(json.dumps(facts, indent=2, sort_keys=True) + "\n")
            if (self.folder / key).exists():  # a record that find() refused
                shutil.rmtree(self.folder / key)
            unfinished.rename(self.folder / key)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        self._prune(key)
        return key, facts

    def _prune(self, current: str) -> None:
        others = [folder for folder in self.folder.iterdir() if folder.is_dir() and folder.name != current]
        others.sort(key=lambda folder: folder.stat().st_mtime_ns, reverse=True)
        in_use = time.time() - self.spared
        for folder in others[self.keep - 1 :]:
            if folder.stat().st_mtime <= in_use:
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _locked(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Hold the lock of these records; the system lets go of it when the process ends, however it ends."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a") as lock:
            while not _try_lock(lock):
                waiting()
                time.sleep(_SECONDS_BETWEEN_TRIES)
            yield


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
