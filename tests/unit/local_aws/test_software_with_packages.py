"""What an image adds to the software that stands in for it: installed once, then on its path."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .wheels import write_wheel

ROOT = Path(__file__).resolve().parents[3]
CHILD = "import added; print(added.version)"


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    """A requirements file with a package that lies beside it."""
    write_wheel(tmp_path, "added", "1")
    path = tmp_path / "requirements.txt"
    path.write_text(f"--no-index\n--find-links {tmp_path.as_uri()}\nadded==1\n")
    return path


def start(requirements: Path, *command: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "local_aws.sagemaker.software.with_packages"]
    options = ["--requirements", str(requirements), "--packages-dir", str(requirements.parent / "packages")]
    return subprocess.run(
        [*program, *options, "--", *command],
        cwd=requirements.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_finds_the_packages(requirements: Path) -> None:
    done = start(requirements, sys.executable, "-c", CHILD)

    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


def test_the_same_packages_are_installed_once(requirements: Path) -> None:
    start(requirements, sys.executable, "-c", CHILD)
    (requirements.parent / "added-1-py3-none-any.whl").unlink()

    assert start(requirements, sys.executable, "-c", CHILD).returncode == 0


def test_packages_that_cannot_be_installed_end_the_start(requirements: Path) -> None:
    requirements.write_text("--no-index\nslipway-has-no-such-package==1\n")
    done = start(requirements, sys.executable, "-c", "print('started')")

    assert done.returncode == 1
    assert "started" not in done.stdout
    assert "of the image's Dockerfile, pip cannot install" in done.stderr.splitlines()[-1]
    assert "slipway-has-no-such-package" in done.stderr.splitlines()[-1]
