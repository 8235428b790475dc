"""The lock: one wheel for each package, with its hash, in pip's own format."""

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from assets.checkout import shown
from assets.errors import AssetError
from assets.source_digest import combine
from assets.vendored.container_platform import ContainerPlatform

_FORMAT = 1
"""Raised when the same requirements give another lock than before."""

_MADE_FOR = "# made for: "
_ENTRY = re.compile(r"([A-Za-z0-9._-]+)==(\S+) --hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class LockedWheel:
    """A package in the lock.

    Parameters
    ----------
    name, version
        Of the package.
    sha256
        Of the wheel's bytes, hexadecimal.
    """

    name: str
    version: str
    sha256: str

    def __str__(self) -> str:
        """Return the entry in pip's format (*Secure installs*, hash-checking mode)."""
        return f"{self.name}=={self.version} \\\n    --hash=sha256:{self.sha256}"


def lock_path(requirements: Path, container: str) -> Path:
    """Return where the lock for a container lies: beside requirements.txt."""
    return requirements.with_name(f"requirements.{container}.lock")


def purpose(requirements: Iterable[str], platform: ContainerPlatform) -> str:
    """Return a digest of what a lock is made for: another one makes it stale."""
    return combine(
        {
            "format": _FORMAT,
            "requirements": list(requirements),
            "container": platform.name,
            "python": platform.python_version,
            "glibc": platform.glibc,
            "provided": dict(platform.provided),
        }
    )


def write_lock(path: Path, wheels: Iterable[LockedWheel], made_for: str, container: str) -> None:
    """Write a lock; a half-written one never takes its place."""
    head = (
        f"# What requirements.txt asks for, for the container {container}, without what that brings itself.\n"
        "# `slipway package --update-lock` writes this file: commit it.\n"
        f"{_MADE_FOR}{made_for}\n"
    )
    ordered = sorted(wheels, key=lambda wheel: wheel.name)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(head + "".join(f"{wheel}\n" for wheel in ordered), encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def read_lock(path: Path, made_for: str, renew: str) -> tuple[list[LockedWheel], str]:
    """Read a lock that is made for what is wanted now.

    Parameters
    ----------
    path
        The file.
    made_for
        The digest of `purpose`.
    renew
        The command that renews it, for messages.

    Returns
    -------
    tuple
        The wheels, and the SHA-256 of what the lock says, hexadecimal.

    Raises
    ------
    AssetError
        It is missing, stale, or not as `write_lock` writes it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise AssetError(
            f"{shown(path)}: is missing: vendored dependencies are packed from it. Run `{renew}` and commit it."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise AssetError(f"{shown(path)}: cannot be read: {error}. Run `{renew}`.") from error
    said = next((line for line in text.splitlines() if line.startswith(_MADE_FOR)), "").removeprefix(_MADE_FOR)
    if said.strip() != made_for:
        raise AssetError(
            f"{shown(path)}: is stale: requirements.txt, or the container, changed since it was written. "
            f"Run `{renew}` and commit it."
        )
    wheels = _entries(path, text, renew)
    digest = hashlib.sha256("\n".join(map(str, wheels)).encode()).hexdigest()
    return wheels, digest


def _entries(path: Path, text: str, renew: str) -> list[LockedWheel]:
    wheels = []
    for line in text.replace("\\\n", " ").splitlines():
        entry = " ".join(line.split())
        if not entry or entry.startswith("#"):
            continue
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise AssetError(f"{shown(path)}: {entry!r} is not `name==version --hash=sha256:…`. Run `{renew}`.")
        wheels.append(LockedWheel(match[1], match[2], match[3]))
    return sorted(wheels, key=lambda wheel: wheel.name)
