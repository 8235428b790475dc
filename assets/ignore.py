"""Patterns of files, as in `ignore` and `include` of model.yaml.

A pattern without `/` is for the name of a file or folder at any depth; one with `/` is for a path below the model
folder. `*`, `?` and `[…]` stand for characters of one name. A pattern that fits a folder covers all that is in it.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase


def fits(name: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern is for this very file or folder."""
    parts = name.split("/")
    return any(_fits(parts, pattern) for pattern in patterns)


def covers(name: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern is for this file, or for a folder that it is in."""
    parts = name.split("/")
    heads = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    return any(fits(head, [pattern]) for pattern in patterns for head in heads)


def leads_to(folder: str, patterns: Iterable[str]) -> bool:
    """Whether the path of a pattern goes through this folder."""
    parts = folder.split("/")
    paths = (pattern.strip("/").split("/") for pattern in patterns if "/" in pattern.rstrip("/"))
    return any(len(path) > len(parts) and _same(parts, path[: len(parts)]) for path in paths)


def _fits(parts: list[str], pattern: str) -> bool:
    if "/" in pattern.rstrip("/"):
        path = pattern.strip("/").split("/")
        return len(path) == len(parts) and _same(parts, path)
    return fnmatchcase(parts[-1], pattern.rstrip("/"))


def _same(parts: list[str], path: list[str]) -> bool:
    return all(fnmatchcase(part, pattern) for part, pattern in zip(parts, path, strict=True))
