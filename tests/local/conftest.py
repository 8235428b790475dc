"""A local AWS of the test run's own, and projects that are deployed into it with the real CDK CLI."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
import yaml

from local_aws.client_environment import client_environment

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / ".venv" / "bin"
ACCOUNT = "000000000000"
REGION = "us-east-1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Machine:
    """A local AWS with its own folder and port, driven through the command line."""

    folder: Path
    port: int = field(default_factory=free_port)
    clients: dict[tuple[str, ...], Any] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        own = {"SLIPWAY_LOCAL_FOLDER": str(self.folder), "SLIPWAY_LOCAL_PORT": str(self.port), "COLUMNS": "200"}
        return {**os.environ, **own, "PATH": f"{BIN}:/usr/bin:/bin"}

    def slipway(
        self, *arguments: str, check: bool = True, settings: Path = ROOT / "environments"
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [BIN / "slipway", *arguments],
            cwd=ROOT,
            env={**self.environment, "SLIPWAY_ENVIRONMENTS": str(settings)},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if check:
            assert done.returncode == 0, done.stdout + done.stderr
        return done

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.slipway("local", "run", "--", *command, check=check)

    def client(self, service: str, account: str = ACCOUNT, region: str = REGION) -> Any:
        """A client that is made once: botocore takes some tenths of a second to read a service's model."""
        key = (service, account, region)
        if key not in self.clients:
            settings = client_environment(f"http://127.0.0.1:{self.port}", account, region, self.folder / "images")
            self.clients[key] = boto3.session.Session().client(
                service,
                endpoint_url=settings["AWS_ENDPOINT_URL"],
                region_name=region,
                aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
            )
        return self.clients[key]

    def status(self) -> dict[str, Any]:
        return dict(json.loads(self.slipway("local", "status", "--json").stdout))

    def processes(self) -> list[psutil.Process]:
        """Every process that belongs to this machine, by the folder in its command line."""
        found = []
        for process in psutil.process_iter(["cmdline", "status"]):
            command = " ".join(process.info["cmdline"] or [])
            if str(self.folder) in command and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process)
        return found


@dataclass
class Project:
    """A folder of settings and a model of its own, deployed under a project name of its own."""

    machine: Machine
    folder: Path
    name: str

    @property
    def model(self) -> Path:
        return self.folder / "model"

    def write(self, environment: str = "local", **changes: Any) -> None:
        settings: dict[str, Any] = {
            "project": self.name,
            "account": ACCOUNT,
            "region": REGION,
            "removal": "destroy",
            "endpoints": {
                "scores": {
                    "model": str(self.model),
                    "container": "slim",
                    "hosting": {"type": "serverless", "memory_size_in_mb": 2048, "max_concurrency": 5},
                }
            },
        }
        self.environments.mkdir(exist_ok=True)
        (self.environments / f"{environment}.yaml").write_text(yaml.safe_dump({**settings, **changes}))

    @property
    def environments(self) -> Path:
        return self.folder / "environments"

    def slipway(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.machine.slipway(*arguments, check=check, settings=self.environments)

    def cdk(self, *arguments: str, env: str = "local", check: bool = True) -> subprocess.CompletedProcess[str]:
        # Many a model here is broken on purpose, and shall get as far as its container.
        context = ["-c", f"env={env}", "-c", f"environments={self.environments}", "-c", "preflight=false"]
        output = ["--output", str(self.folder / "cdk.out")]
        return self.machine.run("cdk", *arguments, *context, *output, "--no-color", check=check)

    def deploy(self, env: str = "local", *, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.cdk("deploy", "--all", "--require-approval", "never", env=env, check=check)

    def destroy(self, env: str = "local") -> subprocess.CompletedProcess[str]:
        return self.cdk("destroy", "--all", "--force", env=env)

    def remove(self, *parts: str) -> None:
        """Delete the stacks without the CLI, whose polling takes seconds."""
        cloudformation = self.machine.client("cloudformation")
        for part in parts or ("scores", "artifacts"):
            cloudformation.delete_stack(StackName=self.stack(part))
            waiter = cloudformation.get_waiter("stack_delete_complete")
            waiter.wait(StackName=self.stack(part), WaiterConfig={"Delay": 1, "MaxAttempts": 120})

    def stack(self, part: str, env: str = "local") -> str:
        return f"{self.name.capitalize()}-{env}-{part}"

    def endpoint_name(self, env: str = "local", hosting: str = "serverless") -> str:
        return f"{self.name}-{env}-scores-{hosting}"

    def resources(self, part: str, env: str = "local") -> dict[str, str]:
        """Physical ids of a stack by resource type."""
        found = self.machine.client("cloudformation").describe_stack_resources(StackName=self.stack(part, env))
        return {r["ResourceType"]: r["PhysicalResourceId"] for r in found["StackResources"]}


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    local = Machine(tmp_path_factory.mktemp("machine"))
    local.slipway("local", "up")
    yield local
    local.slipway("local", "down", "--purge")
    assert not local.processes()


@pytest.fixture(scope="module")
def modules_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A local AWS that the tests of one module may kill; each starts it itself, and leaves it able to start."""
    local = Machine(tmp_path_factory.mktemp("modules") / "own")
    yield local
    local.slipway("local", "down", "--purge")
    assert not local.processes()


@pytest.fixture
def own_machine(tmp_path: Path) -> Iterator[Machine]:
    """A local AWS that a test may kill; the test starts it itself."""
    local = Machine(tmp_path / "own")
    yield local
    local.slipway("local", "down", "--purge")
    assert not local.processes()


def make_project(machine: Machine, folder: Path, name: str) -> Project:
    """Make a project of the model linear; nothing of it is deployed."""
    shutil.copytree(ROOT / "model_code" / "linear", folder / "model")
    project = Project(machine, folder, name)
    project.write()
    return project


@pytest.fixture
def new_project(machine: Machine, tmp_path: Path) -> Iterator[Callable[[str], Project]]:
    """Make a project; what it deployed is destroyed at the end."""
    made: list[Project] = []

    def make(name: str) -> Project:
        project = make_project(machine, tmp_path / name, name)
        made.append(project)
        return project

    yield make
    for project in made:
        project.remove()


@pytest.fixture
def own_project(own_machine: Machine, tmp_path: Path) -> Project:
    """A project on a local AWS that a test may kill."""
    own_machine.slipway("local", "up")
    (tmp_path / "project").mkdir()
    return make_project(own_machine, tmp_path / "project", "own")


@pytest.fixture(scope="session")
def deployed(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A deployed project that tests look at and do not change."""
    project = make_project(machine, tmp_path_factory.mktemp("deployed") / "project", "viewed")
    project.deploy()
    yield project
    project.remove()
