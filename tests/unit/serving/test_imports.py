"""`serving` runs alone in a container: nothing but what its requirements.txt pins may be imported."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ALLOWED = sys.stdlib_module_names | {"serving", "torch", "numpy", "uvicorn", "orjson"}


def pins(file: Path) -> dict[str, str]:
    lines = (line.partition("#")[0].strip() for line in file.read_text().splitlines())
    return dict(line.split("==") for line in lines if line)


@pytest.mark.parametrize("file", sorted((ROOT / "serving").rglob("*.py")), ids=lambda file: file.name)
def test_imports(file):
    imported = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(node.module.partition(".")[0])
    assert imported <= ALLOWED


def test_the_container_has_the_versions_that_this_machine_serves_with():
    container, here = pins(ROOT / "serving/requirements.txt"), pins(ROOT / "requirements.txt")
    assert container == {name: here[name] for name in ("numpy", "orjson", "torch", "uvicorn")}
