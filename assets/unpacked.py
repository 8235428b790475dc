"""A package as files of its own, for what takes a model uncompressed."""

import hashlib
import json
import tarfile
import zlib
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Any

from isal import igzip

from assets import checkout
from assets.checkout import shown
from assets.cloned_file import place
from assets.errors import AssetError
from assets.manifest import MANIFEST
from assets.package import Package
from assets.progress import Progress, as_progress
from assets.records import AN_HOUR, Facts, Records

_KEEP = 2
"""Unpacked packages that stay for each model; each is as large as its weights, where those could not be linked."""

FACTS = "unpacked.json"
"""Beside the files of an unpacked package: the size of each, in bytes, by its name in `sizes`."""

_FILES = "files"

_LONGEST_NAME = 255  # bytes; SageMaker API, S3ModelDataSource (CompressionType)


def unpacked(package: Package, progress: Progress | Callable[[str], None] | None = None) -> dict[str, Path]:
    """Return the files of a package by their names in it, unpacked now if they are not there yet.

    No file is held in memory. Weights that lie on the disk already, as the package's `linked` says, take no room
    once more where the file system lets files share their blocks, or where Slipway itself made them.

    Parameters
    ----------
    package
        The package; its tarball holds a manifest.
    progress
        Hears of each step that takes time.

    Raises
    ------
    AssetError
        The tarball is broken, or holds a name that SageMaker refuses.
    """
    steps = as_progress(progress)
    records = Records(
        folder=checkout.STATE / "unpacked" / package.model,
        file_name=f"{_FILES}/{MANIFEST}",
        facts_name=FACTS,
        keep=_KEEP,
        spared=AN_HOUR,
    )
    waiting = steps.waiting(f"waiting for another unpacking of {package.model} to end")

    def make(folder: Path) -> Facts:
        steps(f"unpacking {package.model} to publish its files")
        (folder / _FILES).mkdir()
        return {"sizes": _unpack(package, folder / _FILES)}

    folder = records.path(package.digest).parent
    facts = records.find_or_make(package.digest, make, waiting)
    if not _is_whole(folder, facts):
        records.path(package.digest).unlink()  # so that the record counts as missing
        facts = records.find_or_make(package.digest, make, waiting)
    return {name: folder / name for name in facts["sizes"]}


def _is_whole(folder: Path, facts: Mapping[str, Any]) -> bool:
    try:
        return all((folder / name).stat().st_size == size for name, size in facts["sizes"].items())
    except FileNotFoundError:
        return False


def _unpack(package: Package, folder: Path) -> dict[str, int]:
    """Unpack into `folder`; return the size of each file by its name."""
    names = _extract(package.path, folder, package.linked)
    if MANIFEST not in names:
        raise AssetError(f"{shown(package.path)}: holds no {MANIFEST}. Package the model again.")
    digests = json.loads((folder / MANIFEST).read_bytes())["files"]
    not_there = [
        name
        for name, source in package.linked.items()
        if name in names and not _placed(source, folder / name, digests.get(name))
    ]
    if not_there:
        _extract(package.path, folder, [name for name in names if name not in not_there])
    return {name: (folder / name).stat().st_size for name in names}


def _placed(source: Path, path: Path, digest: str | None) -> bool:
    """Put the bytes of `source` at `path`; False where they are not those of the member any more."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        place(source, path, may_link=source.is_relative_to(checkout.STATE))
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() == digest:
                return True
    except FileNotFoundError:
        return False
    path.unlink()
    return False


def _extract(tarball: Path, folder: Path, left_out: Container[str]) -> list[str]:
    """Write the members that are not left out; return the names of all."""
    names: list[str] = []
    try:
        with igzip.open(tarball) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                _check_name(tarball, member.name)
                names.append(member.name)
                if member.name not in left_out:
                    tar.extract(member, folder, filter="data")
    except (tarfile.TarError, igzip.BadGzipFile, zlib.error, EOFError) as error:
        raise AssetError(f"{shown(tarball)}: cannot be unpacked: {error}. Package the model again.") from error
    return names


def _check_name(tarball: Path, name: str) -> None:
    for part in name.split("/"):
        if len(part.encode()) > _LONGEST_NAME:
            raise AssetError(
                f"{shown(tarball)}: {part[:40]}… is longer than {_LONGEST_NAME} bytes, and SageMaker refuses "
                "such a name in an uncompressed model. Rename the file, or remove `artifact: uncompressed`."
            )
