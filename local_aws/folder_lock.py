"""One command at a time starts the local AWS of a folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path


@contextlib.contextmanager
def folder_locked(folder: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of a folder, which is there afterwards.

    The folder itself is locked (``flock(2)``), so that no file of ours lies in a folder that may be somebody's.
    The system lets go of the lock when the process ends, however it ends.

    Parameters
    ----------
    folder
        The folder; made where it is missing.
    waiting
        Called once, if another process or thread holds the lock.
    """
    descriptor = _locked(folder, waiting)
    try:
        yield
    finally:
        os.close(descriptor)


def _locked(folder: Path, waiting: Callable[[], None]) -> int:
    told = False
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not told:
                    waiting()
                    told = True
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            # A purge may have removed the folder in between: then this is the lock of nothing.
            if _is_still(folder, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is_still(folder: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(folder.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
