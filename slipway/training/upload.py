"""Brings the script and the data of a training into the artifact bucket, each under the digest of its content."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assets.progress import Progress
from assets.source_files import SourceFile, check_unchanged
from assets.tarball import write_tarball

_SOURCE = "sourcedir.tar.gz"  # the toolkit's own name for it
_CHUNK = 1024 * 1024


def upload_source(s3: Any, bucket: str, prefix: str, source: Mapping[str, SourceFile]) -> str:
    """Upload the script and what it needs as one tarball; return its `s3://` location.

    Parameters
    ----------
    s3
        A boto3 client.
    bucket
        The artifact bucket.
    prefix
        Of the model's trainings, with a `/` at its end.
    source
        The files by name.
    """
    with tempfile.TemporaryDirectory() as folder:
        tarball = Path(folder) / _SOURCE
        write_tarball(tarball, source)
        digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
        key = f"{prefix}source/{digest}/{_SOURCE}"
        if key not in _there(s3, bucket, key):
            s3.upload_file(str(tarball), bucket, key)
    return f"s3://{bucket}/{key}"


def upload_data(s3: Any, bucket: str, prefix: str, files: Mapping[str, SourceFile], progress: Progress) -> str:
    """Upload the training data; return the `s3://` prefix of its files.

    Files that an upload before, which may have been interrupted, left there are not sent again.

    Parameters
    ----------
    s3, bucket, prefix
        As of `upload_source`.
    files
        The files by name.
    progress
        Hears how far it is.

    Raises
    ------
    AssetError
        A file changed meanwhile.
    """
    total = sum(file.state.size for file in files.values())
    with progress.moving("reading the training data", total) as moved:
        digest = _digest(files, moved)
    check_unchanged(files.values())
    data = f"{prefix}data/{digest}/"
    there = _there(s3, bucket, data)
    missing = {name: file for name, file in files.items() if there.get(f"{data}{name}") != file.state.size}
    if missing:
        progress(f"uploading {len(missing)} of {len(files)} files of training data")
    with progress.moving(
        "uploading the training data", sum(file.state.size for file in missing.values())
    ) as moved:
        for name, file in missing.items():
            s3.upload_file(str(file.path), bucket, f"{data}{name}", Callback=moved)
    check_unchanged(missing.values())
    return f"s3://{bucket}/{data}"


def _digest(files: Mapping[str, SourceFile], moved: Any) -> str:
    whole = hashlib.sha256()
    for name, file in sorted(files.items()):
        own = hashlib.sha256()
        with file.path.open("rb") as content:
            while chunk := content.read(_CHUNK):
                own.update(chunk)
                moved(len(chunk))
        whole.update(f"{len(name.encode())} {name} {own.hexdigest()}\n".encode())
    return whole.hexdigest()


def _there(s3: Any, bucket: str, prefix: str) -> dict[str, int]:
    """Return the sizes of the objects under a prefix, by key."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", [])}
