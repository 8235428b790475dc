"""The compiled part of torch alone lists what the whole of torch lists, or leaves it to that."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assets.inspection import graphs
from assets.inspection.model_archive import open_archive, strip

_PROGRAM = Path(graphs.__file__).with_name("graph_process.py")


@pytest.fixture
def listed(model: Any, tmp_path: Path) -> Any:
    """Run the program on a model file; returns its exit status, and what it listed or None."""

    def run(name: str, how: str) -> tuple[int, Any]:
        stripped, result = tmp_path / "stripped.pt", tmp_path / f"{how}.json"
        strip(open_archive(model(name).path), stripped)
        with subprocess.Popen(
            [sys.executable, _PROGRAM, how, stripped, result], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            status = process.wait()
        return status, json.loads(result.read_bytes()) if result.exists() else None

    return run


@pytest.mark.parametrize("name", ["scripted_resize.pt", "nested.pt"])
def test_both_list_the_same(listed: Any, name: str) -> None:
    status, operators = listed(name, "core")
    assert status == 0
    assert len(operators["operators"]) > 5
    assert listed(name, "whole") == (0, operators)


@pytest.mark.parametrize("name", ["custom.pt", "frozen_resize.pt", "quantized.pt"])
def test_what_needs_python_is_left_to_the_whole(listed: Any, name: str) -> None:
    status, operators = listed(name, "core")
    assert status != 0
    assert operators is None
