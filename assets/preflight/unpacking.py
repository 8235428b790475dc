"""A tarball → the folder that the container finds at /opt/ml/model."""

import tarfile
import time
import zlib
from collections.abc import Mapping
from pathlib import Path

from isal import igzip

from assets.checkout import shown
from assets.preflight.errors import PreflightError


def unpack(tarball: Path, folder: Path, *, linked: Mapping[str, Path], deadline: float) -> None:
    """Unpack a tarball as it streams by.

    Parameters
    ----------
    tarball
        A gzip-compressed tar.
    folder
        Where it goes; nothing is written elsewhere (Python's filter `data`).
    linked
        By name in the tarball, files that hold a member's bytes already: they are linked instead of written, so
        that weights do not lie on the disk once more.
    deadline
        Of `time.monotonic`.

    Raises
    ------
    PreflightError
        It is no such tarball, a member leads out of the folder, or the time is up.
    """
    folder.mkdir()
    try:
        with igzip.open(tarball) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                if time.monotonic() > deadline:
                    raise PreflightError(f"{shown(tarball)}: unpacking it took the whole time limit of the trial.")
                source = linked.get(member.name)
                if source is not None and _holds(source, member):
                    path = folder / member.name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.symlink_to(source)
                else:
                    tar.extract(member, folder, filter="data")
    except (tarfile.TarError, igzip.BadGzipFile, zlib.error, EOFError) as error:
        raise PreflightError(f"{shown(tarball)}: cannot be unpacked: {error}. Package the model again.") from error


def _holds(source: Path, member: tarfile.TarInfo) -> bool:
    """Whether a file is still there and as long as a member; an export may have been cleared away."""
    try:
        return member.isreg() and source.stat().st_size == member.size
    except FileNotFoundError:
        return False
