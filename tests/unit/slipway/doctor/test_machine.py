"""What is checked on this machine: Python, packages, PyTorch, Node, the CDK CLI, room."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from assets import checkout
from slipway.doctor.disk import disk_finding
from slipway.doctor.node_side import cdk_finding, node_finding
from slipway.doctor.python_side import packages_finding, python_finding, torch_finding


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have another checkout, which a test fills."""
    monkeypatch.setattr(checkout, "ROOT", tmp_path)
    return tmp_path


def put_program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_the_checkout_that_runs_the_tests_is_in_order() -> None:
    assert python_finding().state == "ok"
    assert packages_finding().state == "ok"
    assert torch_finding().state in {"ok", "warning"}
    assert node_finding().state == "ok"
    assert "2." in cdk_finding().what


def test_a_python_of_another_place_is_told(elsewhere: Path) -> None:
    found = python_finding()
    assert found.state == "warning"
    assert "source .venv/bin/activate" in found.mend


def test_a_python_that_is_too_old_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.python_version", lambda: "3.9.2")
    found = python_finding()
    assert (found.state, found.what.split(",")[0]) == ("wrong", "3.9.2")


def test_packages_that_differ_are_named_with_both_versions(elsewhere: Path) -> None:
    (elsewhere / "requirements.txt").write_text(
        "# what is needed\nPyYAML==1.0  # too old\nno-such-package==2.0\nrich>=1  # fine\n"
    )
    found = packages_finding()
    assert found.state == "wrong"
    assert f"PyYAML is {importlib.metadata.version('PyYAML')}, not ==1.0" in found.what
    assert "no-such-package is missing" in found.what
    assert "rich" not in found.what
    assert found.mend.endswith("make setup")


@pytest.mark.parametrize(
    ("cuda", "program", "expected"),
    [
        ("None", None, ("ok", "for the CPU")),
        ("None", "/usr/bin/nvidia-smi", ("warning", "there is an NVIDIA GPU")),
        ("'13.0'", "/usr/bin/nvidia-smi", ("ok", "for CUDA 13.0")),
    ],
)
def test_the_build_of_pytorch_is_read_without_importing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cuda: str, program: str | None, expected: tuple[str, str]
) -> None:
    version = "from typing import Optional\n__all__ = ['cuda']\n__version__ = '2.13.0'\n"
    (tmp_path / "version.py").write_text(f"{version}cuda: Optional[str] = {cuda}\nhip: Optional[str] = '6.0'\n")
    spec = ModuleSpec("torch", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: spec)
    monkeypatch.setattr(shutil, "which", lambda _name: program)
    found = torch_finding()
    assert (found.state, expected[1] in found.what) == (expected[0], True)


def test_without_pytorch_it_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert torch_finding().state == "wrong"


@pytest.mark.parametrize(
    ("program", "state", "what"),
    [
        (None, "wrong", "there is no "),
        ("echo v18.0.0", "wrong", "v18.0.0, and the CDK CLI needs"),
        ("exit 3", "wrong", "does not run"),
        ("echo v24.1.0", "ok", "v24.1.0"),
    ],
    ids=["missing", "old", "broken", "fine"],
)
def test_node_beside_the_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str | None, state: str, what: str
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    if program:
        put_program(tmp_path / "node", program)
    found = node_finding()
    assert found.state == state
    assert what in found.what


@pytest.fixture
def cdk(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """Pin version 2.5.0, with another one or none installed, and `cdk` beside the Python."""
    (elsewhere / "package.json").write_text('{"dependencies": {"aws-cdk": "2.5.0"}}')
    monkeypatch.setattr(sys, "executable", str(elsewhere / "bin" / "python"))
    put_program(elsewhere / "bin" / "cdk", "true")
    monkeypatch.setenv("PATH", str(elsewhere / "bin"))

    def install(version: str | None) -> None:
        if version:
            package = elsewhere / "node_modules" / "aws-cdk"
            package.mkdir(parents=True)
            (package / "package.json").write_text(f'{{"version": "{version}"}}')

    return install


@pytest.mark.parametrize(
    ("version", "state", "what"),
    [
        (None, "wrong", "node_modules has no aws-cdk"),
        ("2.4.0", "wrong", "2.4.0, and package.json pins 2.5.0"),
        ("2.5.0", "ok", "2.5.0, as package.json pins it"),
    ],
)
def test_the_cdk_cli_is_the_pinned_one(
    cdk: Callable[[str | None], None], version: str | None, state: str, what: str
) -> None:
    cdk(version)
    found = cdk_finding()
    assert (found.state, found.what) == (state, what)


def test_another_cdk_on_the_path_is_told(
    cdk: Callable[[str | None], None], elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cdk("2.5.0")
    put_program(elsewhere / "global" / "cdk", "true")
    monkeypatch.setenv("PATH", os.pathsep.join([str(elsewhere / "global"), os.environ["PATH"]]))
    found = cdk_finding()
    assert found.state == "warning"
    assert f"is {elsewhere / 'global' / 'cdk'}" in found.what
    monkeypatch.setenv("PATH", str(elsewhere / "empty"))
    assert "no `cdk` on the PATH" in cdk_finding().what


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(("free", "state"), [(0, "wrong"), (3 * 2**30, "warning"), (50 * 2**30, "ok")])
def test_room_on_the_disk(monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(0, 0, free))
    assert disk_finding().state == state


def test_a_checkout_that_cannot_be_written_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def access(_path: Any, mode: int) -> bool:
        return mode != os.W_OK

    monkeypatch.setattr(os, "access", access)
    assert "cannot be written" in disk_finding().what
