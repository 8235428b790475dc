"""Another name for a file's bytes, without writing them once more where the file system can do that."""

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

_FICLONE = 0x40049409  # ioctl_ficlone(2)


def place(source: Path, path: Path, *, may_link: bool) -> None:
    """Put the bytes of `source` at `path`.

    Parameters
    ----------
    source
        The file.
    path
        Where nothing is yet, in a folder that is there.
    may_link
        Whether the two may be one file: where nobody changes `source` in place. Otherwise, and where they lie on
        different file systems, they share their blocks if the file system can, and are copied if not.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    """
    if _cloned(source, path):
        return
    if may_link:
        with suppress(OSError):
            os.link(source.resolve(strict=True), path)
            return
    shutil.copyfile(source, path)


def _cloned(source: Path, path: Path) -> bool:
    """Whether `path` now shares the blocks of `source` (btrfs, XFS)."""
    if sys.platform != "linux":
        return False
    import fcntl  # noqa: PLC0415 (there is none on other systems)

    with source.open("rb") as original, path.open("xb") as clone:
        try:
            fcntl.ioctl(clone.fileno(), _FICLONE, original.fileno())
        except OSError:
            path.unlink()
            return False
    return True
