"""What the suffix of a file says of its content type."""

from __future__ import annotations

from pathlib import Path

_BY_SUFFIX = {
    ".csv": "text/csv",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".jsonl": "application/jsonlines",  # "Batch transform", Amazon SageMaker AI Developer Guide
    ".npy": "application/x-npy",
    ".npz": "application/x-npz",
    ".png": "image/png",
}


def content_type_of(file: Path) -> str:
    """Return the content type that a file's suffix says, that of any bytes for one that is not known."""
    return _BY_SUFFIX.get(file.suffix.lower(), "application/octet-stream")
