"""A container from one's own Dockerfile on the local AWS: its pip packages are there, and what is not is said."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(900)  # three deployments

ROW = json.dumps([[1.0] * 10])
HANDLER = """
import added


def output_fn(prediction, accept):
    return str(added.VERSION), "text/plain"
"""


def write_wheel(folder: Path, version: int) -> None:
    """Write a package `added` that knows its version."""
    info = f"added-{version}.dist-info"
    with zipfile.ZipFile(folder / f"added-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("added.py", f"VERSION = {version}\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: added\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture
def project(new_project: Any, tmp_path: Path) -> Any:
    """A project whose handler needs a package that only its container has."""
    made = new_project("builds")
    server, wheels = made.folder / "server", tmp_path / "wheels"
    server.mkdir()
    wheels.mkdir()
    for version in (1, 2):
        write_wheel(wheels, version)
    (server / "Dockerfile").write_text(
        "FROM python:3.12-slim\n"
        "COPY requirements.txt /opt/\n"
        "RUN pip install -r /opt/requirements.txt ./nowhere.whl\n"
    )
    (server / ".dockerignore").write_text("notes.txt\n")
    (server / "requirements.txt").write_text(f"--no-index\n--find-links {wheels.as_uri()}\nadded==1\n")
    (made.model / "inference.py").write_text(HANDLER)
    endpoint = {
        "model": str(made.model),
        "container": {"dockerfile": str(server / "Dockerfile")},
        "hosting": {"type": "serverless"},
    }
    made.write(endpoints={"scores": endpoint})
    return made


def answer(project: Any) -> str:
    runtime = project.machine.client("sagemaker-runtime")
    response = runtime.invoke_endpoint(
        EndpointName=project.endpoint_name(), ContentType="application/json", Body=ROW
    )
    return str(response["Body"].read().decode())


def builds(project: Any) -> int:
    """How often the image builder was asked for an image of the project's Dockerfile."""
    calls = (project.machine.folder / "images" / "calls.jsonl").read_text().splitlines()
    made = [json.loads(call) for call in calls]
    return sum(call["arguments"][0] == "build" and str(project.folder) in call["folder"] for call in made)


def test_its_packages_are_there_and_only_a_change_builds_it_anew(project: Any) -> None:
    project.deploy()
    assert answer(project) == "1"
    [endpoint] = [e for e in project.machine.status()["endpoints"] if e["name"] == project.endpoint_name()]
    note = endpoint["variants"][0]["note"]
    for part in ("no container runs", "FROM python:3.12-slim", "./nowhere.whl could not be read"):
        assert part in note

    (project.folder / "server" / "notes.txt").write_text("not in the image")
    unchanged = project.resources("scores")
    project.deploy()
    assert (project.resources("scores"), builds(project)) == (unchanged, 1)

    requirements = project.folder / "server" / "requirements.txt"
    requirements.write_text(requirements.read_text().replace("added==1", "added==2"))
    project.deploy()
    assert (answer(project), builds(project)) == ("2", 2)
