"""The zip archive that a model file is, read without its tensors."""

import re
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

Format = Literal["torchscript", "torch-export", "torch-save"]

_DIRECTORY_LIMIT = 16 * 1024**2
_CODE_LIMIT = 512 * 1024**2
_CHUNK = 1024 * 1024
_OVERLAP = 1024
_END = struct.Struct("<4s4H2LH")  # end of central directory (PKWARE APPNOTE 4.3.16)
_END64 = struct.Struct("<4sQ2H2L4Q")  # 4.3.14
_LOCATOR = struct.Struct("<4sLQL")  # 4.3.15
_ZIP64 = 0xFFFFFFFF
_ID = ".data/serialization_id"  # a digest of all records
_TENSORS = ("data/", "constants/", "traced_inputs/")
_EXPORTED = re.compile(r"(models/[^/]+|serialized_exported_program)\.json")
_TARGET = re.compile(rb'"target": ?"torch\.ops\.(\w+)\.(\w+)(?:\.(\w+))?"')
_VERSION = re.compile(rb'"torch_version": ?"([^"\\]{1,40})"')
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
_NO_OPERATORS = {"higher_order"}
_MOST_OPERATORS = 10_000  # more than torch has


class ArchiveError(Exception):
    """A model file is no archive that torch can read; the text says why."""


@dataclass(frozen=True)
class ModelArchive:
    """A model file.

    Parameters
    ----------
    path
        The file.
    format
        TorchScript (`torch.jit.save`), an exported program (`torch.export.save`), or what `torch.save` writes.
    records
        The parts by their name within the archive's top folder.
    """

    path: Path
    format: Format
    records: dict[str, zipfile.ZipInfo]


def open_archive(path: Path) -> ModelArchive:
    """Read which records a model file has. Tensors' bytes are not read.

    Raises
    ------
    ArchiveError
        It is no zip archive, is cut off, or has none of torch's layouts.
    """
    with path.open("rb") as file:
        if _directory_size(file) > _DIRECTORY_LIMIT:
            raise ArchiveError("its list of records is larger than that of any model")
    with _refused(), zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
    records = {info.filename.partition("/")[2]: info for info in infos}
    size = path.stat().st_size
    for info in infos:
        if info.header_offset + info.compress_size > size:
            raise ArchiveError(f"its record {info.filename} ends behind the end of the file")
    return ModelArchive(path, _format(records), records)


def strip(archive: ModelArchive, stripped: Path) -> None:
    """Write a TorchScript archive without the bytes of its tensors, without debug records and without its id.

    What remains is the same for the same code and shapes, whatever the weights.

    Raises
    ------
    ArchiveError
        A record is broken, or the code is too large to be any.
    """
    kept = {name: info for name, info in archive.records.items() if not name.endswith((".debug_pkl", _ID))}
    if sum(info.file_size for name, info in kept.items() if not name.startswith(_TENSORS)) > _CODE_LIMIT:
        raise ArchiveError("its code is larger than that of any model")
    with _refused(), zipfile.ZipFile(archive.path) as source, zipfile.ZipFile(stripped, "w") as target:
        for name, info in sorted(kept.items()):
            with target.open(zipfile.ZipInfo(f"archive/{name}"), "w") as record:
                if not name.startswith(_TENSORS):
                    with source.open(info) as original:
                        shutil.copyfileobj(original, record, _CHUNK)


def exported_operators(archive: ModelArchive) -> tuple[set[str], str | None]:
    """Return the operators that an exported program calls, as `aten::add.Tensor`, and its torch version.

    Raises
    ------
    ArchiveError
        A record is broken.
    """
    operators: set[str] = set()
    version = None
    for name, info in archive.records.items():
        if not _EXPORTED.fullmatch(name):
            continue
        for text in _windows(archive.path, info):
            for library, operator, overload in _TARGET.findall(text):
                suffix = f".{overload.decode()}" if overload not in {b"", b"default"} else ""
                if library.decode() not in _NO_OPERATORS and len(operators) < _MOST_OPERATORS:
                    operators.add(f"{library.decode()}::{operator.decode()}{suffix}")
            match = _VERSION.search(text)
            version = match[1].decode("utf-8", "replace") if match else version
    return operators, version


def _windows(path: Path, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a record in pieces that overlap, so that nothing short is cut in all of them."""
    before = b""
    with _refused(), zipfile.ZipFile(path) as archive, archive.open(info) as record:
        while chunk := record.read(_CHUNK):
            yield before + chunk
            before = chunk[-_OVERLAP:]


def _format(records: dict[str, zipfile.ZipInfo]) -> Format:
    if any(_EXPORTED.fullmatch(name) for name in records):
        return "torch-export"
    if "data.pkl" in records and "constants.pkl" in records:
        return "torchscript"
    if "data.pkl" in records:
        return "torch-save"
    raise ArchiveError("it is a zip archive, but none of torch's")


def _directory_size(file: IO[bytes]) -> int:
    """Return the size of the list of records, in bytes, before anyone reads it into memory."""
    size = file.seek(0, 2)
    start = max(0, size - _END.size - 0xFFFF)
    file.seek(start)
    tail = file.read()
    place = tail.rfind(b"PK\5\6")
    if place < 0 or len(tail) - place < _END.size:
        raise ArchiveError("it is no zip archive, or is cut off before its end")
    directory: int = _END.unpack_from(tail, place)[5]
    if directory == _ZIP64 and place >= _LOCATOR.size:
        offset = _LOCATOR.unpack_from(tail, place - _LOCATOR.size)[2]
        if offset + _END64.size <= size:
            file.seek(offset)
            directory = _END64.unpack(file.read(_END64.size))[8]
    return directory


@contextmanager
def _refused() -> Iterator[None]:
    """Turn what zipfile raises over broken archives into ArchiveError."""
    try:
        yield
    except _BROKEN as problem:
        raise ArchiveError(f"its zip archive is broken: {problem}") from None
