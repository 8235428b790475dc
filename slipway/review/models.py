"""What changes of the models themselves: their packages, as their manifests describe them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.inspection.tar_reader import TarStream
from assets.manifest import MANIFEST
from slipway.review.assembly import Stack
from slipway.review.intrinsics import plain

_DIGEST_TAG = "slipway:model-digest"
_MODEL = "AWS::SageMaker::Model"
_REQUIREMENTS = "code/requirements.txt"
_LIMIT = 4 * 1024 * 1024
"""Bytes that are read of a member: a manifest and a list of requirements are far smaller."""


@dataclass(frozen=True)
class PackageFacts:
    """What a package is.

    Parameters
    ----------
    digest
        Of its manifest, SHA-256, hexadecimal.
    size
        As it is published, in bytes.
    format, torch, python
        Of the model file, and what exported it; None where nobody knows.
    functions
        What the handler defines.
    requirements
        The lines of its requirements.txt, without comments.
    files
        The digest of every member by its name.
    """

    digest: str
    size: int
    format: str | None
    torch: str | None
    python: str | None
    functions: tuple[str, ...]
    requirements: tuple[str, ...]
    files: Mapping[str, str]


@dataclass(frozen=True)
class ModelChange:
    """A SageMaker Model that gets another package.

    Parameters
    ----------
    stack
        Name of its stack.
    name
        Of the Model in its stack.
    old, new
        The packages; None where there is no Model, or its package is not Slipway's.
    """

    stack: str
    name: str
    old: PackageFacts | None
    new: PackageFacts | None

    @property
    def changed_files(self) -> list[str]:
        """The members that come, go or change."""
        before = self.old.files if self.old else {}
        after = self.new.files if self.new else {}
        return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def model_changes(old: Stack, new: Stack) -> list[ModelChange]:
    """Compare the packages of a stack's models; only those that differ are opened."""
    before, after = dict(_digests(old)), dict(_digests(new))
    return [
        ModelChange(new.name, plain(key), _facts(old, before.get(key)), _facts(new, after.get(key)))
        for key in dict.fromkeys([*before, *after])
        if before.get(key) != after.get(key)
    ]


def _digests(stack: Stack) -> Iterator[tuple[str, str]]:
    for key, resource in stack.resources.items():
        if resource["Type"] == _MODEL:
            for tag in resource.get("Properties", {}).get("Tags", []):
                if isinstance(tag, Mapping) and tag.get("Key") == _DIGEST_TAG:
                    yield key, str(tag.get("Value"))


def package_sizes(stack: Stack) -> dict[str, int]:
    """Return the sizes of the packages of a stack's models as they are published, in bytes, by their digests."""
    published = {digest: _tarball(stack, digest) for _, digest in _digests(stack)}
    files = {
        digest: [tarball] if tarball else [*_files(stack, digest).values()]
        for digest, tarball in published.items()
    }
    return {digest: sum(path.stat().st_size for path in paths) for digest, paths in files.items() if paths}


def _tarball(stack: Stack, digest: str) -> Path | None:
    return next((path for key, path in stack.objects.items() if key.endswith(f"/{digest}.tar.gz")), None)


def _files(stack: Stack, digest: str) -> dict[str, Path]:
    """Return the files of a package that is published uncompressed, by their names in it."""
    mark = f"/{digest}/"
    return {key.partition(mark)[2]: path for key, path in stack.objects.items() if mark in key}


def _facts(stack: Stack, digest: str | None) -> PackageFacts | None:
    if digest is None:
        return None
    tarball = _tarball(stack, digest)
    if tarball:
        return _described(digest, tarball.stat().st_size, _members(tarball))
    files = _files(stack, digest)
    if MANIFEST not in files:
        return None
    read = {name: files[name].read_bytes() for name in (MANIFEST, _REQUIREMENTS) if name in files}
    return _described(digest, sum(path.stat().st_size for path in files.values()), read)


def _members(tarball: Path) -> dict[str, bytes]:
    stream = TarStream(tarball)
    return {
        member.name: stream.read(_LIMIT) for member in stream.members() if member.name in {MANIFEST, _REQUIREMENTS}
    }


def _described(digest: str, size: int, members: Mapping[str, bytes]) -> PackageFacts:
    manifest: dict[str, Any] = json.loads(members[MANIFEST])
    model = manifest["model"]
    return PackageFacts(
        digest=digest,
        size=size,
        format=model.get("format"),
        torch=model.get("torch"),
        python=model.get("python"),
        functions=tuple((manifest.get("handler") or {}).get("functions", ())),
        requirements=tuple(_requirements(members.get(_REQUIREMENTS, b""))),
        files=manifest["files"],
    )


def _requirements(content: bytes) -> Iterator[str]:
    for line in content.decode("utf-8", "replace").splitlines():
        wanted = line.partition(" #")[0].strip()
        if wanted and not wanted.startswith("#"):
            yield wanted
