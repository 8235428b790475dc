"""A `.tar.gz` whose content depends on names and bytes alone."""

import hashlib
import tarfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from isal import isal_zlib

from assets.source_files import SourceFile, check_unchanged

Content = SourceFile | bytes
"""Of a member: a file, or the bytes themselves."""

_MODE = 0o644
_CHUNK = 2 * 1024 * 1024
_GZIP_LEVEL = 1
"""Of ISA-L: the fastest one for weights, and some 20 times the speed of zlib's levels at a smaller size. It stores
what cannot be compressed, at 0.04 % more; its level 0 makes weights a quarter larger."""

_GZIP_FORMAT = 31
"""The largest window, with gzip's header and trailer (zlib's `wbits`); ISA-L's header has no time and no name."""


def write_tarball(
    path: Path, members: Mapping[str, Content], *, moved: Callable[[int], None] = lambda _: None
) -> dict[str, str]:
    """Write `members`, sorted by name, and return the SHA-256 of each one's bytes, hexadecimal, by its name.

    Parameters
    ----------
    path
        The file to write, at a place where a broken one does no harm: it is not removed on failure.
    members
        By name in the tarball, a file or the bytes themselves.
    moved
        Called with the size, in bytes, of each part that was packed.

    Raises
    ------
    AssetError
        A file changed since its folder was listed.
    """
    with Tarball(path, moved) as tarball:
        for name, content in sorted(members.items()):
            tarball.add(name, content)
    return tarball.digests


class Tarball:
    """A tarball that is being written, member by member; each is read once.

    Owner, time and mode of every member are fixed. Names beyond 100 characters or beyond ASCII, and files
    beyond 8 GiB, get the extended headers of POSIX.1-2001 (pax), which GNU tar, bsdtar and Python read; all
    others have plain ustar headers. A thread beside the one that compresses reads and hashes, a few MiB ahead of
    it, and writes what it made.

    Parameters
    ----------
    path, moved
        As of `write_tarball`.
    """

    def __init__(self, path: Path, moved: Callable[[int], None] = lambda _: None) -> None:
        self.digests: dict[str, str] = {}
        self._moved = moved
        self._file = path.open("xb")
        self._beside = ThreadPoolExecutor(max_workers=1)
        self._written: Future[int] | None = None
        self._compress = isal_zlib.compressobj(_GZIP_LEVEL, isal_zlib.DEFLATED, _GZIP_FORMAT)
        self._length = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the end, unless the writing failed."""
        try:
            if kind is None:
                self._write(bytes(2 * tarfile.BLOCKSIZE))  # the mark of the end
                self._fill(tarfile.RECORDSIZE)
                self._hand_over(self._compress.flush())
                self._wait()
        finally:
            self._beside.shutdown(cancel_futures=True)
            self._file.close()

    def add(self, name: str, content: Content) -> None:
        """Write one member; `digests` has the SHA-256 of its bytes then.

        Raises
        ------
        AssetError
            The file changed since its folder was listed.
        """
        header = tarfile.TarInfo(name)
        header.mode = _MODE
        header.size = len(content) if isinstance(content, bytes) else content.state.size
        self._write(header.tobuf(tarfile.PAX_FORMAT, encoding="utf-8", errors="strict"))
        digest = hashlib.sha256()
        if isinstance(content, bytes):
            digest.update(content)
            self._write(content)
        else:
            for chunk in self._chunks(content, digest):
                self._write(chunk)
                self._moved(len(chunk))
            check_unchanged([content])
        self.digests[name] = digest.hexdigest()
        self._fill(tarfile.BLOCKSIZE)

    def _chunks(self, content: SourceFile, digest: Any) -> Iterator[bytes]:
        with content.path.open("rb") as file:
            chunk = _read(file, digest)
            while len(chunk) == _CHUNK:
                following = self._beside.submit(_read, file, digest)
                yield chunk
                chunk = following.result()
            yield chunk

    def _fill(self, multiple: int) -> None:
        self._write(bytes(-self._length % multiple))

    def _write(self, data: bytes) -> None:
        self._hand_over(self._compress.compress(data))
        self._length += len(data)

    def _hand_over(self, packed: bytes) -> None:
        if packed:
            self._wait()  # no more than one part lies in memory
            self._written = self._beside.submit(self._file.write, packed)

    def _wait(self) -> None:
        """Wait until what was handed over is written; a full disk is told of here."""
        if self._written:
            self._written.result()


def _read(file: IO[bytes], digest: Any) -> bytes:
    chunk = file.read(_CHUNK)
    digest.update(chunk)
    return chunk
