"""Reads a `.tar.gz` of unknown origin as a stream, within bounds of memory and time."""

import gzip
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from isal import igzip, isal_zlib

_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 1024 * 1024
_HEADER_LIMIT = 1024 * 1024
"""Bytes of one extended header: a path and a few times."""

_UNPACKED_LIMIT = 10 * 1024**3
_RATIO_LIMIT = 100
"""Beyond both limits, in bytes and as a ratio, it is a bomb: weights compress to half at best."""

_LONGEST_NAME = 4096  # PATH_MAX of Linux
_LONGEST_PART = 255  # bytes; NAME_MAX of Linux
_NO_GZIP: Any = (isal_zlib.error, gzip.BadGzipFile)

_EXTENDED = {tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE}
_LONG = {tarfile.GNUTYPE_LONGNAME: "path", tarfile.GNUTYPE_LONGLINK: "linkpath"}
_SPARSE = "GNU.sparse"
_KEPT = {"path", "linkpath", "size", _SPARSE}
_WITHOUT_DATA = {
    tarfile.LNKTYPE,
    tarfile.SYMTYPE,
    tarfile.CHRTYPE,
    tarfile.BLKTYPE,
    tarfile.DIRTYPE,
    tarfile.FIFOTYPE,
}


class TarError(Exception):
    """The tarball cannot be read; the text says why."""


class BombError(Exception):
    """The tarball unpacks to far more than its size."""


@dataclass(frozen=True)
class Member:
    """A member of a tarball.

    Parameters
    ----------
    name
        As it stands there; bytes that are not UTF-8 are surrogate escapes.
    kind
        One of `tarfile`'s types.
    size
        Of its data, in bytes.
    link
        What a link names.
    is_sparse
        Whether the data is packed in a way of GNU tar's own.
    """

    name: str
    kind: bytes
    size: int
    link: str
    is_sparse: bool


class TarStream:
    """The members of a tarball, one after the other.

    Python's `tarfile` is not used for it, since it reads extended headers of any size into memory.

    Parameters
    ----------
    path
        The tarball.
    moved
        Called with the bytes of the file, as it is compressed, that were read since the last call.
    """

    def __init__(self, path: Path, moved: Callable[[int], None] = lambda _: None) -> None:
        self._path = path
        self._moved = moved
        self._place = 0  # in the file
        self._left = 0  # of the present member's data
        self._padding = 0
        self._unpacked = 0

    def members(self) -> Iterator[Member]:
        """Yield each member; `read` gives its data until the next one is asked for.

        Raises
        ------
        TarError
            It is no gzip file or no tar stream, or ends too early.
        BombError
            It unpacks to over 10 GiB, and to over 100 times its size.
        """
        try:
            with self._path.open("rb") as file, igzip.open(file, "rb") as stream:
                self._file: IO[bytes] = file
                self._stream: Any = stream
                yield from self._members()
        except EOFError:
            raise TarError("it ends too early, as after a download that was interrupted") from None
        except _NO_GZIP as problem:
            raise TarError(f"it is no gzip file: {problem}") from None

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes of the present member, none at its end."""
        data = self._take(min(size, self._left))
        self._left -= len(data)
        return data

    def _members(self) -> Iterator[Member]:
        shared: dict[str, str] = {}
        own: dict[str, str] = {}
        while (header := self._header()) is not None:
            if header.type in _EXTENDED or header.type in _LONG:
                (shared if header.type == tarfile.XGLTYPE else own).update(self._extension(header))
                continue
            member = _member(header, {**shared, **own})
            own = {}
            self._begin(member.size)
            yield member
            self._skip()
        while self._take(_CHUNK):  # what is behind the end decides whether the gzip file is whole
            pass

    def _header(self) -> tarfile.TarInfo | None:
        block = self._take(_BLOCK)
        if len(block) == _BLOCK and block.strip(b"\0"):
            try:
                header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
            except tarfile.HeaderError as problem:
                raise TarError(f"it is no tar file: {problem}") from None
            if header.size < 0:
                raise TarError("it is no tar file: a size is negative")
            return header
        if len(block) not in {0, _BLOCK}:
            raise TarError("it ends within a header")
        return None

    def _extension(self, header: tarfile.TarInfo) -> dict[str, str]:
        if header.size > _HEADER_LIMIT:
            raise TarError(f"an extended header has {header.size} bytes; no name is that long")
        self._begin(header.size)
        data = self.read(header.size)
        self._skip()
        if header.type in _LONG:
            return {_LONG[header.type]: data.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")}
        return _records(data)

    def _begin(self, size: int) -> None:
        self._left = size
        self._padding = -size % _BLOCK

    def _skip(self) -> None:
        while self.read(_CHUNK):
            pass
        if self._left or len(self._take(self._padding)) < self._padding:
            raise TarError("it ends within a member")
        self._padding = 0

    def _take(self, size: int) -> bytes:
        data: bytes = self._stream.read(size) if size else b""
        self._unpacked += len(data)
        place = self._file.tell()
        if place > self._place:
            self._moved(place - self._place)
            self._place = place
        if self._unpacked > _UNPACKED_LIMIT and self._unpacked > _RATIO_LIMIT * place:
            raise BombError
        return data


def _member(header: tarfile.TarInfo, extended: dict[str, str]) -> Member:
    name = extended.get("path", header.name)
    if len(name) > _LONGEST_NAME:
        raise TarError(f"a member's name has {len(name)} characters, and Linux takes {_LONGEST_NAME}")
    if "\0" in name:
        raise TarError("a member's name holds a null byte")
    longest = max(len(part.encode("utf-8", "surrogateescape")) for part in name.split("/"))
    if longest > _LONGEST_PART:
        raise TarError(f"a part of a member's name has {longest} bytes, and Linux takes {_LONGEST_PART}")
    kind = header.type
    if kind == tarfile.AREGTYPE and name.endswith("/"):  # as before POSIX
        kind = tarfile.DIRTYPE
    size = header.size
    if (given := extended.get("size")) is not None:
        if not (given.isascii() and given.isdecimal()) or len(given) > len(str(2**63)):
            raise TarError(f"a member's size is {given[:20]!r}")
        size = int(given)
    sparse = kind == tarfile.GNUTYPE_SPARSE or _SPARSE in extended
    link = extended.get("linkpath", header.linkname)
    if len(link) > _LONGEST_NAME:
        raise TarError(f"a link's target has {len(link)} characters, and Linux takes {_LONGEST_NAME}")
    return Member(name, kind, 0 if kind in _WITHOUT_DATA else size, link, sparse)


def _records(data: bytes) -> dict[str, str]:
    """Read the records `length key=value` of POSIX.1-2001."""
    records: dict[str, str] = {}
    while data.strip(b"\0"):
        length, space, _ = data.partition(b" ")
        if not space or not length.isdigit() or len(length) > len(str(_HEADER_LIMIT)):
            raise TarError("an extended header is broken")
        end = int(length)
        key, equals, value = data[len(length) + 1 : end - 1].partition(b"=")
        if not equals or data[end - 1 : end] != b"\n":
            raise TarError("an extended header is broken")
        name = _SPARSE if key.startswith(_SPARSE.encode()) else key.decode("utf-8", "surrogateescape")
        if name in _KEPT:
            records[name] = value.decode("utf-8", "surrogateescape")
        data = data[end:]
    return records
