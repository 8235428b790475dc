"""The digest of a small folder."""

import hashlib
import os
from functools import cache
from pathlib import Path

_CACHE = "__pycache__"


def digest_tree(folder: Path) -> str:
    """Return the SHA-256, hexadecimal, of the names and bytes in a folder; caches of Python's do not count.

    A folder that is not there has the digest of an empty one.
    """
    digest = hashlib.sha256()
    for path in sorted(_files(os.fspath(folder))):
        with open(path, "rb") as file:  # noqa: PTH123 (a Path for each of some fifty files takes longer than reading)
            content = file.read()
        digest.update(os.fsencode(os.path.relpath(path, folder)) + b"\0%d\0" % len(content) + content)
    return digest.hexdigest()


@cache
def digest_of_own_files(folder: Path) -> str:
    """Return the digest of a folder of Slipway's own, which does not change while it runs."""
    return digest_tree(folder)


def _files(folder: str) -> list[str]:
    found: list[str] = []
    pending = [folder]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.is_dir():
                        pending += [entry.path] if entry.name != _CACHE else []
                    else:
                        found.append(entry.path)
        except FileNotFoundError:
            continue
    return found
