"""The core in a tarball runs in the containers' Python, 3.11 to 3.13, whichever this one is."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SOURCES = sorted((ROOT / "serving").rglob("*.py"))
VERSIONS = [(3, 11), (3, 12), (3, 13)]
GONE = {
    *("asynchat", "asyncore", "distutils", "imp", "smtpd"),  # 3.12, "What's New", Removed
    *("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap", "msilib"),  # 3.13
    *("nis", "nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib"),  # 3.13
}
"""Modules of the standard library that a later version than 3.11 has not."""
LATER = {
    ("itertools", "batched"),
    ("typing", "override"),
    ("typing", "TypeIs"),
    ("typing", "ReadOnly"),
    ("warnings", "deprecated"),
    ("copy", "replace"),
    ("queue", "ShutDown"),
    ("asyncio", "QueueShutDown"),
    ("asyncio", "eager_task_factory"),
}
"""Names that came after 3.11, of modules that are imported here or could be."""


def named(tree: ast.AST) -> set[tuple[str, str]]:
    """Return the names that are taken from modules: `from a import b`, and `a.b`."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= {(str(node.module), name.name) for name in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.add((node.value.id, node.attr))
    return found


def modules(tree: ast.AST) -> set[str]:
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import))
    return {name.name.partition(".")[0] for node in imports for name in node.names} | {
        module.partition(".")[0] for module, _ in named(tree)
    }


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_every_supported_python_has_what_a_file_uses(file: Path):
    for version in VERSIONS:
        # a newer Python refuses what an older one did not know; an older one fails at its own import
        if version <= sys.version_info[:2]:
            ast.parse(file.read_text(), file.name, feature_version=version)
    tree = ast.parse(file.read_text())
    assert not modules(tree) & GONE
    assert not named(tree) & LATER


@pytest.mark.parametrize(
    ("code", "found"), [("import cgi", True), ("from itertools import batched", True), ("import json", False)]
)
def test_what_a_python_has_not_is_found(code: str, found: bool):
    tree = ast.parse(code)
    assert bool(modules(tree) & GONE or named(tree) & LATER) == found
