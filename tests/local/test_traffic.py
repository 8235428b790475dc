"""Updates and faults while clients invoke without a pause."""

from __future__ import annotations

import json
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil
import pytest

from assets.checkout import ROOT

from .conftest import Machine, Project, make_project

ROW = json.dumps([[1.0] * 10])
CLIENTS = 8
PAUSE = 0.02  # seconds between two requests of a client, so that the deployments get on, too
# The app of the checkout, whose slim container is built from another folder.
OTHER_CONTAINER = """
import runpy
from pathlib import Path

from stacks import container_image

container_image.SERVING = Path({context!r})
runpy.run_path({app!r}, run_name="__main__")
"""


@dataclass
class Traffic:
    """What the clients got: answers, and what went wrong."""

    answers: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def add(self, answer: str | None, failure: str | None) -> None:
        with self.changed:
            if failure is None:
                self.answers.append(str(answer))
            else:
                self.failures.append(failure)
            self.changed.notify_all()

    def wait_for_more(self, count: int = 50) -> None:
        """Wait until so many more answers have come."""
        with self.changed:
            wanted = len(self.answers) + count
            assert self.changed.wait_for(lambda: len(self.answers) >= wanted, 60), self.failures[:3]


@pytest.fixture(scope="module")
def project(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A deployed project, which every test changes from where it is."""
    made = make_project(machine, tmp_path_factory.mktemp("busy") / "project", "busy")
    made.deploy()
    yield made
    made.remove()


@contextmanager
def traffic(project) -> Iterator[Traffic]:
    got, name = Traffic(), project.endpoint_name()
    stop = threading.Event()
    runtimes = [project.machine.client("sagemaker-runtime") for _ in range(CLIENTS)]

    def invoke(runtime) -> None:
        while not stop.wait(PAUSE):
            try:
                answer = runtime.invoke_endpoint(EndpointName=name, ContentType="application/json", Body=ROW)
                got.add(answer["Body"].read().decode(), None)
            except Exception as error:  # noqa: BLE001 - whatever a client can get
                got.add(None, f"{type(error).__name__}: {error}")

    clients = [threading.Thread(target=invoke, args=(runtime,)) for runtime in runtimes]
    for client in clients:
        client.start()
    try:
        got.wait_for_more()
        yield got
    finally:
        stop.set()
        for client in clients:
            client.join()


def container(project) -> psutil.Process:
    [endpoint] = [e for e in project.machine.status()["endpoints"] if e["name"] == project.endpoint_name()]
    return psutil.Process(endpoint["variants"][0]["pid"])


def image(project) -> str:
    """The image, with its tag, that the endpoint says it runs."""
    sagemaker = project.machine.client("sagemaker")
    [variant] = sagemaker.describe_endpoint(EndpointName=project.endpoint_name())["ProductionVariants"]
    return str(variant["DeployedImages"][0]["ResolvedImage"])


def test_no_request_fails_while_weights_and_config_change(project):
    old = container(project)
    hosting = {"type": "serverless", "memory_size_in_mb": 3072, "max_concurrency": 9}
    with traffic(project) as got:
        model = project.model / "model.py"
        model.write_text(model.read_text().replace("manual_seed(0)", "manual_seed(1)"))
        project.deploy()  # new weights
        got.wait_for_more()
        endpoint = {"model": str(project.model), "container": "slim", "hosting": hosting}
        project.write(endpoints={"scores": endpoint})
        project.deploy()  # a new config
        got.wait_for_more()
    assert got.failures == []
    assert len(set(got.answers)) == 2
    assert not old.is_running()


def test_no_request_fails_while_the_container_changes(project):
    old, old_image = container(project), image(project)
    changed = project.folder / "serving"
    shutil.copytree(ROOT / "serving", changed)
    with (changed / "Dockerfile").open("a") as dockerfile:
        dockerfile.write("LABEL changed=yes\n")
    app = project.folder / "app.py"
    app.write_text(OTHER_CONTAINER.format(context=str(changed), app=str(ROOT / "app.py")))
    with traffic(project) as got:
        project.cdk("deploy", "--all", "--require-approval", "never", "--app", f"{sys.executable} {app}")
        got.wait_for_more()
    assert got.failures == []
    assert len(set(got.answers)) == 1
    assert image(project).partition(":")[0] == old_image.partition(":")[0]
    assert image(project) != old_image
    assert not old.is_running()


def test_a_killed_container_is_there_again_and_only_what_was_in_flight_fails(project):
    with traffic(project) as got:
        killed = container(project)
        killed.kill()
        psutil.wait_procs([killed], timeout=10)
        got.wait_for_more()
    assert container(project).pid != killed.pid
    assert all(failure.startswith("ModelError") for failure in got.failures)
    assert len(set(got.answers)) == 1
