"""Whether images can be built, where any have to be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from slipway.doctor.docker import docker_finding
from stacks.settings import EnvironmentSettings

Write = Callable[..., EnvironmentSettings]

SLIM = "  built: {model: linear, container: slim, hosting: {type: serverless}}\n"
OF_AWS = "  pulled: {model: linear, hosting: {type: real-time, instance_type: ml.g5.xlarge}}\n"
OWN = """
  own:
    model: linear
    container: {dockerfile: environments/examples/server/Dockerfile}
    hosting: {type: serverless}
"""


@pytest.fixture
def builder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Put a program of a name on the PATH, which is otherwise empty."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def put(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    return put


def test_an_environment_that_builds_nothing_needs_none(environment_file: Write) -> None:
    assert docker_finding(environment_file(OF_AWS)).state == "skipped"


@pytest.mark.parametrize("endpoints", [SLIM, OWN, SLIM + OF_AWS], ids=["slim", "own Dockerfile", "one of two"])
def test_docker_that_answers_is_fine(
    environment_file: Write, builder: Callable[[str, str], Path], endpoints: str
) -> None:
    path = builder("docker", '[ "$1" = info ]')
    found = docker_finding(environment_file(endpoints))
    assert found.state == "ok"
    assert str(path) in found.what
    assert "pulled" not in found.what


def test_no_docker_is_wrong(environment_file: Write, builder: Callable[[str, str], Path]) -> None:
    found = docker_finding(environment_file(SLIM))
    assert (found.state, found.what) == ("wrong", "there is no docker, which builds the image of built")
    assert "CDK_DOCKER" in found.mend


def test_a_daemon_that_does_not_answer_is_wrong_in_its_own_words(
    environment_file: Write, builder: Callable[[str, str], Path]
) -> None:
    builder("docker", "echo Client: 1; echo 'Cannot connect to the Docker daemon' >&2; exit 1")
    found = docker_finding(environment_file(SLIM))
    assert found.state == "wrong"
    assert found.what.endswith("does not answer: Cannot connect to the Docker daemon")
    assert found.mend == "Start docker"


def test_a_builder_that_says_nothing_is_told_by_its_exit_status(
    environment_file: Write, builder: Callable[[str, str], Path]
) -> None:
    builder("docker", "exit 7")
    assert docker_finding(environment_file(SLIM)).what.endswith("it ended with 7")


def test_another_builder_is_the_one_that_cdk_takes(
    environment_file: Write, builder: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    builder("podman", "exit 0")
    monkeypatch.setenv("CDK_DOCKER", "podman")
    found = docker_finding(environment_file(SLIM))
    assert found.state == "ok"
    assert "podman builds the image" in found.what


def test_the_local_image_builder_needs_no_daemon(
    environment_file: Write, builder: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_DOCKER", str(builder("slipway-image-builder", "exit 1")))
    assert docker_finding(environment_file(SLIM)).state == "ok"
