"""A `.tar.gz` whose content depends on names and bytes alone."""

import hashlib
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from isal import isal_zlib

from assets.source_files import SourceFile, check_unchanged

_MODE = 0o644
_CHUNK = 1024 * 1024
_GZIP_LEVEL = 1
"""Of ISA-L; 19 times the speed of zlib's level 9, at a smaller size for weights."""

_GZIP_FORMAT = 31
"""The largest window, with gzip's header and trailer (zlib's `wbits`); ISA-L's header has no time and no name."""


def write_tarball(path: Path, members: Mapping[str, SourceFile | bytes]) -> str:
    """Write `members`, sorted by name, and return the SHA-256 of the uncompressed tar stream, hexadecimal.

    Owner, time and mode of every member are fixed. Names beyond 100 characters or beyond ASCII, and files
    beyond 8 GiB, get the extended headers of POSIX.1-2001 (pax), which GNU tar, bsdtar and Python read; all
    others have plain ustar headers. The digest is taken before compression, because another version of the
    compressor may write other bytes for the same content.

    Parameters
    ----------
    path
        The file to write, at a place where a broken one does no harm: it is not removed on failure.
    members
        By name in the tarball, a file or the bytes themselves.

    Raises
    ------
    AssetError
        A file changed since its folder was listed.
    """
    with path.open("xb") as file:
        stream = _TarStream(file)
        for name, content in sorted(members.items()):
            stream.add(name, content)
        return stream.finish()


class _TarStream:
    """Writes a tar stream compressed, and keeps its digest and length."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._compress = isal_zlib.compressobj(_GZIP_LEVEL, isal_zlib.DEFLATED, _GZIP_FORMAT)
        self._digest = hashlib.sha256()
        self._length = 0

    def add(self, name: str, content: SourceFile | bytes) -> None:
        header = tarfile.TarInfo(name)
        header.mode = _MODE
        header.size = len(content) if isinstance(content, bytes) else content.state.size
        self._write(header.tobuf(tarfile.PAX_FORMAT, encoding="utf-8", errors="strict"))
        if isinstance(content, bytes):
            self._write(content)
        else:
            with content.path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    self._write(chunk)
            check_unchanged([content])
        self._fill(tarfile.BLOCKSIZE)

    def finish(self) -> str:
        self._write(bytes(2 * tarfile.BLOCKSIZE))  # the mark of the end
        self._fill(tarfile.RECORDSIZE)
        self._file.write(self._compress.flush())
        return self._digest.hexdigest()

    def _fill(self, multiple: int) -> None:
        self._write(bytes(-self._length % multiple))

    def _write(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.write(self._compress.compress(data))
        self._length += len(data)
