"""Deployments that are cut off: by the end of the local AWS, by Ctrl-C, by a destroy in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from .conftest import Machine, Project, make_project

ROOT = Path(__file__).resolve().parents[2]
ROW = json.dumps([[1.0] * 10])
# Until the file is there, the model does not finish loading.
WAITING = """

def wait_for_permission():
    import threading
    from pathlib import Path
    while not Path({permission!r}).exists():
        threading.Event().wait(0.05)


load = model_fn


def model_fn(model_dir):
    wait_for_permission()
    return load(model_dir)
"""


@pytest.fixture
def own_project(modules_machine: Machine, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    """A project of the test's own, on a local AWS that it may kill."""
    modules_machine.slipway("local", "up")
    project = make_project(modules_machine, tmp_path / "project", f"cut{request.node.name.split('_')[2]}")
    yield project
    project.remove()


def eventually(condition: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    tick = threading.Event()
    for _ in range(1200):
        if condition():
            return
        assert process is None or process.poll() is None, process.communicate()
        tick.wait(0.05)
    pytest.fail("it never came to be so")


def waiting_model(project) -> Path:
    """Let the model wait for a file while it loads; return the file."""
    permission = project.folder / "permission"
    handler = project.model / "inference.py"
    handler.write_text(handler.read_text() + WAITING.format(permission=str(permission)))
    return permission


def start_deployment(project) -> subprocess.Popen[str]:
    """Start a deployment in a process group of its own."""
    context = ["-c", "env=local", "-c", f"environments={project.environments}", "-c", "preflight=false"]
    output = ["--output", str(project.folder / "cdk.out"), "--no-color", "--require-approval", "never"]
    return subprocess.Popen(
        ["slipway", "local", "run", "--", "cdk", "deploy", "--all", *context, *output],
        cwd=ROOT,
        env=project.machine.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def end(deployment: subprocess.Popen[str]) -> None:
    os.killpg(deployment.pid, signal.SIGKILL)
    deployment.communicate()


def endpoint_status(project) -> str:
    found = [e for e in project.machine.status()["endpoints"] if e["name"] == project.endpoint_name()]
    return str(found[0]["status"]) if found else "none"


def saved_status(project) -> str:
    """The status that the endpoint's stack has on disk: what was not saved yet did not happen after a kill."""
    stacks = json.loads((project.machine.folder / "state" / "cloudformation.json").read_text())
    records = stacks["payload"]["stacks"]["data"].values()
    return next((r["StackStatus"] for r in records if r["StackName"] == project.stack("scores")), "none")


def kill_emulator(machine) -> None:
    emulator = psutil.Process(machine.status()["running"]["pid"])
    emulator.kill()
    psutil.wait_procs([emulator], timeout=10)


def names(project) -> tuple[list[str], list[str]]:
    sagemaker = project.machine.client("sagemaker")
    models = [model["ModelName"] for model in sagemaker.list_models()["Models"]]
    configs = sagemaker.list_endpoint_configs()["EndpointConfigs"]
    return models, [config["EndpointConfigName"] for config in configs]


def test_a_creation_that_a_crash_cut_off_is_rolled_back_and_can_be_repeated(own_project):
    machine = own_project.machine
    permission = waiting_model(own_project)
    deployment = start_deployment(own_project)
    eventually(lambda: endpoint_status(own_project) == "Creating", deployment)
    eventually(lambda: saved_status(own_project) == "CREATE_IN_PROGRESS", deployment)
    kill_emulator(machine)
    end(deployment)

    up = machine.slipway("local", "up")

    assert f"rolled back {own_project.stack('scores')}" in up.stderr
    assert names(own_project) == ([], [])
    assert machine.status()["endpoints"] == []
    permission.touch()
    own_project.deploy()
    assert own_project.slipway("invoke", "scores", "--data", ROW).stdout


def test_an_update_that_a_crash_cut_off_is_rolled_back_and_can_be_repeated(own_project):
    machine = own_project.machine
    own_project.deploy()
    before, answer = names(own_project), own_project.slipway("invoke", "scores", "--data", ROW).stdout
    permission = waiting_model(own_project)
    path = own_project.model / "model.py"
    path.write_text(path.read_text().replace("manual_seed(0)", "manual_seed(1)"))
    deployment = start_deployment(own_project)
    eventually(lambda: endpoint_status(own_project) == "Updating", deployment)
    eventually(lambda: saved_status(own_project) == "UPDATE_IN_PROGRESS", deployment)
    kill_emulator(machine)
    end(deployment)

    machine.slipway("local", "up")

    stack = machine.client("cloudformation").describe_stacks(StackName=own_project.stack("scores"))["Stacks"][0]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert names(own_project) == before
    assert own_project.slipway("invoke", "scores", "--data", ROW).stdout == answer
    permission.touch()
    own_project.deploy()
    assert own_project.slipway("invoke", "scores", "--data", ROW).stdout != answer


def test_a_destroy_while_the_creation_goes_on_leaves_nothing(own_project):
    machine = own_project.machine
    permission = waiting_model(own_project)
    deployment = start_deployment(own_project)
    eventually(lambda: endpoint_status(own_project) == "Creating", deployment)
    os.killpg(deployment.pid, signal.SIGINT)
    deployment.communicate()
    threading.Timer(2, permission.touch).start()

    own_project.destroy()

    stacks = machine.client("cloudformation").list_stacks()["StackSummaries"]
    mine = {s["StackName"]: s["StackStatus"] for s in stacks if s["StackName"] != "CDKToolkit"}
    assert set(mine.values()) == {"DELETE_COMPLETE"}
    assert names(own_project) == ([], [])
    assert machine.status()["endpoints"] == []


def test_what_was_accepted_in_the_moment_of_a_kill_is_not_forgotten(own_machine):
    """A client that goes on, as the CDK CLI does, comes to an end of its waiting."""
    own_machine.slipway("local", "up", "--no-bootstrap")
    cloudformation = own_machine.client("cloudformation")
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/a", "Type": "String", "Value": "b"}}
    cloudformation.create_change_set(
        StackName="Accepted",
        ChangeSetName="first",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": {"Parameter": parameter}}),
    )
    cloudformation.get_waiter("change_set_create_complete").wait(
        StackName="Accepted", ChangeSetName="first", WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    emulator = psutil.Process(own_machine.status()["running"]["pid"])

    def status_after_a_kill() -> str:
        emulator.kill()
        psutil.wait_procs([emulator], timeout=10)
        own_machine.slipway("local", "up", "--no-bootstrap")
        return str(cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])

    stack = cloudformation.describe_change_set(StackName="Accepted", ChangeSetName="first")["StackId"]
    cloudformation.execute_change_set(StackName="Accepted", ChangeSetName="first")
    assert status_after_a_kill() in {"ROLLBACK_COMPLETE", "CREATE_COMPLETE"}
    emulator = psutil.Process(own_machine.status()["running"]["pid"])
    cloudformation.delete_stack(StackName="Accepted")
    assert status_after_a_kill() == "DELETE_COMPLETE"
