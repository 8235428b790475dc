"""torch's archives without what depends on the place where they were made; a part of `export_process`."""

import ctypes
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import torch

# torch.save, and torch.load with mmap, are built on these two; there is no public door to an archive's
# records.
from torch._C import PyTorchFileReader, PyTorchFileWriter

_ID = ".data/serialization_id"  # a digest of all records, which the writer makes anew
_PUNCH_HOLE = 0x01 | 0x02  # FALLOC_FL_KEEP_SIZE and FALLOC_FL_PUNCH_HOLE of linux/falloc.h


def write_reproducibly(saved: Path, result: Path) -> None:
    """Move the archive `saved`, TorchScript or of `torch.export`, to `result`; `saved` is of no use afterwards.

    Debug records of TorchScript, and stack traces in the graphs of `torch.export`, hold the paths of source
    files; they serve error messages only, and are left out. The records' bytes are mapped rather than read, since
    weights may be as large as the memory, and given back to the disk as they are moved.
    """
    with zipfile.ZipFile(saved) as archive:
        records = {info.filename.split("/", 1)[1]: info for info in archive.infolist()}
    reader: Any = PyTorchFileReader(str(saved))  # torch's types lack get_record_offset
    writer = PyTorchFileWriter(str(result))
    mapped = torch.UntypedStorage.from_file(str(saved), shared=False, nbytes=saved.stat().st_size)
    for name, info in records.items():
        if name.endswith(".debug_pkl") or name == _ID:
            continue
        if name.startswith("models/") and name.endswith(".json"):
            graph = _without_stack_traces(reader.get_record(name))
            writer.write_record(name, graph, len(graph))
        elif info.compress_type == zipfile.ZIP_STORED and info.file_size:
            offset = reader.get_record_offset(name)
            writer.write_record(name, mapped.data_ptr() + offset, info.file_size)
            _give_back(saved, offset, info.file_size)
        else:
            writer.write_record(name, reader.get_record(name), info.file_size)
    writer.write_end_of_file()


def _without_stack_traces(graph: bytes) -> bytes:
    def without(values: dict[str, Any]) -> dict[str, Any]:
        metadata = values.get("metadata")
        if isinstance(metadata, dict):
            metadata.pop("stack_trace", None)
        return values

    return json.dumps(json.loads(graph, object_hook=without)).encode()


def _give_back(path: Path, offset: int, size: int) -> None:
    """Free the disk's blocks of a part of a file; where the system cannot, they stay until the file is removed."""
    fallocate = getattr(ctypes.CDLL(None), "fallocate", None)
    if fallocate is None:
        return
    descriptor = os.open(path, os.O_RDWR)
    try:
        fallocate(descriptor, _PUNCH_HOLE, ctypes.c_int64(offset), ctypes.c_int64(size))
    finally:
        os.close(descriptor)
