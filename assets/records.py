"""Finished work, kept under `.slipway` by the digest of its inputs."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Facts = dict[str, Any]

_UNFINISHED = ".tmp"


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
    """

    folder: Path
    file_name: str
    facts_name: str
    keep: int

    def path(self, key: str) -> Path:
        """Return where the large file of the record `key` lies."""
        return self.folder / key / self.file_name

    def find(self, key: str) -> Facts | None:
        """Return the facts of the record `key`, or None where it is not there as a whole."""
        try:
            facts = json.loads((self.folder / key / self.facts_name).read_bytes())
            size = self.path(key).stat().st_size
        except (OSError, ValueError):
            return None
        if not isinstance(facts, dict) or facts.get("size") != size:
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
            Called once when another process is making a record of this model, before waiting for it.
        """
        facts = self.find(key)
        if facts is not None:
            return facts
        self.folder.mkdir(parents=True, exist_ok=True)
        with _locked(self.folder / "lock", waiting):
            facts = self.find(key)
            if facts is None:
                facts = self._make(key, make)
                self._prune(key)
            return facts

    def _make(self, key: str, make: Callable[[Path], Facts]) -> Facts:
        # Only the holder of the lock writes here: whatever is unfinished was left by a process that was
        # killed.
        for leftover in self.folder.glob(f"*{_UNFINISHED}"):
            shutil.rmtree(leftover, ignore_errors=True)
        unfinished = self.folder / f"{key}{_UNFINISHED}"
        unfinished.mkdir()
        try:
            facts = make(unfinished)
            facts["size"] = (unfinished / self.file_name).stat().st_size
            (unfinished / self.facts_name).write_text(json.dumps(facts, indent=2, sort_keys=True) + "\n")
            if (self.folder / key).exists():  # a record that find() refused
                shutil.rmtree(self.folder / key)
            unfinished.rename(self.folder / key)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        return facts

    def _prune(self, current: str) -> None:
        others = [folder for folder in self.folder.iterdir() if folder.is_dir() and folder.name != current]
        others.sort(key=lambda folder: folder.stat().st_mtime_ns, reverse=True)
        for folder in others[self.keep - 1 :]:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock file `path`; the system lets go of it when the process ends, however it ends."""
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
