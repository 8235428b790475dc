"""What stands in for AWS's Ray Serve container, as far as it can be tried without Ray."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_aws.process_registry import started_at
from local_aws.sagemaker.software.ray_serve import scratch

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand for the temporary directory, whatever the length of its path."""
    monkeypatch.setattr(scratch, "_LONGEST", 1000)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path / f"slipway-ray-{os.getuid()}"


def test_a_folder_that_a_killed_process_left_is_removed(base: Path) -> None:
    gone = base / f"{os.getpid()}-1"  # the id is another process's by now
    (gone / "session").mkdir(parents=True)
    (base / "999999999-5").mkdir()
    own = scratch.make()

    scratch.sweep()

    assert list(base.iterdir()) == [own]
    assert own.name == f"{os.getpid()}-{started_at(os.getpid()):.0f}"
    assert own.stat().st_mode & 0o777 == 0o700


def test_the_folder_leaves_room_for_the_names_of_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/" + "long" * 20)
    folder = scratch.make()
    try:
        session = "session_2026-01-01_00-00-00_000000_0000000/sockets/plasma_store"
        assert len(str(folder / session)) <= 107  # sockaddr_un has 108 bytes
    finally:
        folder.rmdir()


def test_without_a_package_index_the_container_ends_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    command = [sys.executable, "-m", "local_aws.sagemaker.software.ray_serve", "serve", "--port", "1"]
    folders = {"model-dir": "model", "packages-dir": "packages", "environments": "environments"}
    for option, name in folders.items():
        command += [f"--{option}", str(tmp_path / name)]
    nowhere = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_CONFIG_FILE": os.devnull}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **nowhere},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 1
    assert "making the environment of Ray Serve" in done.stdout
    [line] = done.stderr.splitlines()
    assert "ray[serve]==2.57.0" in line
    assert "PIP_INDEX_URL" in line
