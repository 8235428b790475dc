"""`serving` runs alone in a container: nothing but what its requirements.txt pins may be imported."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
STANDARD = sys.stdlib_module_names
ALLOWED = {
    "core": STANDARD | {"torch", "numpy", "orjson"},
    "ray": STANDARD | {"torch", "ray", "starlette"},
    "serving": STANDARD | {"serving", "uvicorn"},
}
"""What the files of each folder may import; in a container, only its software is there."""


def pins(file: Path) -> dict[str, str]:
    lines = (line.partition("#")[0].strip() for line in file.read_text().splitlines())
    return dict(line.split("==") for line in lines if line)


def imported_by(file: Path) -> set[str]:
    """Return the top-level packages that a file imports other than relatively."""
    imported = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            imported.add(node.module.partition(".")[0])
    return imported


@pytest.mark.parametrize("file", sorted((ROOT / "serving").rglob("*.py")), ids=lambda file: file.name)
def test_imports(file):
    assert imported_by(file) <= ALLOWED.get(file.parent.name, ALLOWED["serving"])


def test_the_core_works_under_another_name_without_orjson(tmp_path, linear_file):
    shutil.copytree(ROOT / "serving/core", tmp_path / "slipway_serving")
    shutil.copy(linear_file, tmp_path / "model.pt")
    code = """
        import json, pathlib, sys
        sys.modules["orjson"] = None
        from slipway_serving import BadRequest
        from slipway_serving.handler import Handler
        from slipway_serving.messages import Request
        from slipway_serving.responder import Responder
        from slipway_serving.settings import read_settings
        responder = Responder(Handler(read_settings(pathlib.Path("."), {})))
        answers = [answer for _, answer in responder.respond([Request(b"[[0,0,0,0,0,0,0,0,0,0]]"), Request(b"{")])]
        print(json.dumps([answer.status for answer in answers]))
        print(sorted(name for name in sys.modules if name.partition(".")[0] in ("serving", "uvicorn")))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-2:] == ["[200, 400]", "[]"]


def test_the_process_that_owns_the_port_imports_no_torch():
    code = """if True:
        import sys, serving.__main__, serving.web
        print(sorted(sys.modules.keys() & {"torch", "numpy"}))
    """
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_container_has_the_versions_that_this_machine_serves_with():
    container, here = pins(ROOT / "serving/requirements.txt"), pins(ROOT / "requirements.txt")
    assert container.keys() >= {"numpy", "orjson", "torch", "uvicorn"}
    assert container == {name: here.get(name) for name in container}
