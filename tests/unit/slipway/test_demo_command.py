"""`slipway demo`: what it deploys, and the commands that it prints; nothing is deployed."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assets import checkout
from slipway.commands import demo as demo_module
from slipway.commands import invoke as invoke_module
from stacks.settings import ENVIRONMENTS, load_environment

NAME = "slipway-local-mine-serverless"
SETTINGS = """
account: "000000000000"
region: us-east-1
removal: destroy
endpoints:
  mine:
    model: {model}
    container: slim
    hosting: {{type: serverless, memory_size_in_mb: 2048, max_concurrency: 5}}
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model's folder without samples, and the settings that name it in the folder `my environments`."""
    folder = tmp_path / "mine"
    (folder / "samples").mkdir(parents=True)
    (folder / "model.py").write_text("def create_model():\n    return None\n")
    environments = tmp_path / "my environments"
    environments.mkdir()
    (environments / "local.yaml").write_text(SETTINGS.format(model=folder))
    monkeypatch.setenv("SLIPWAY_ENVIRONMENTS", str(environments))
    return folder


@pytest.fixture
def deployments(aws: Any, running: Any, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that deploy; every one succeeds, and the endpoint answers."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    class Sagemaker:
        def describe_endpoint(self, **_: str) -> dict[str, str]:
            return {"EndpointStatus": "InService"}

    monkeypatch.setattr(demo_module.subprocess, "run", run)
    monkeypatch.setattr(demo_module, "bootstrap", lambda *_: None)
    monkeypatch.setattr(
        demo_module, "connect", lambda _: lambda service: Sagemaker() if service == "sagemaker" else aws(service)
    )
    monkeypatch.setattr(invoke_module, "connect", lambda _: aws)
    aws.deployed(NAME)
    aws.answers(b"[0.5, 0.5]")
    return commands


def next_commands(text: str) -> list[list[str]]:
    """The commands that a demo ends with, as a shell takes them."""
    commands = text.partition("\nNext:\n")[2].partition("\n\n")[0]
    return [shlex.split(command, comments=True) for command in commands.splitlines()]


def test_the_committed_environment_is_deployed(slipway: Callable[..., Any], deployments: Any) -> None:
    ran = slipway("demo")

    assert ran.status == 0, ran.errors
    assert deployments == [
        ["cdk", "deploy", "--all", "-c", "env=local", "--require-approval", "never"],
    ]
    assert [".venv/bin/slipway", "local", "run", "--", "cdk", "diff", "-c", "env=local"] in next_commands(ran.text)


@pytest.mark.parametrize("relative", [False, True])
def test_another_folder_of_environments_is_deployed(
    slipway: Callable[..., Any],
    deployments: Any,
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
    relative: bool,
) -> None:
    folder = model.parent / "my environments"
    if relative:
        monkeypatch.chdir(model.parent)
        monkeypatch.setenv("SLIPWAY_ENVIRONMENTS", folder.name)
    (model / "samples" / "row.yaml").write_text("body: [1]\n")

    ran = slipway("demo", "mine")

    assert ran.status == 0, ran.errors
    [command] = deployments
    assert command[3:7] == ["-c", "env=local", "-c", f"environments={folder}"]
    diff = ["cdk", "diff", "-c", "env=local", "-c", f"environments={folder}"]
    assert [".venv/bin/slipway", "local", "run", "--", *diff] in next_commands(ran.text)


@pytest.mark.usefixtures("deployments")
@pytest.mark.parametrize(
    ("sample", "sent"),
    [
        ('body: "it\'s $HOME"\n', (b"it's $HOME", "application/json", "application/json")),
        ('body: ["it\'s"]\n', (b'["it\'s"]', "application/json", "application/json")),
        (
            "content_type: text/csv\naccept: text/csv\nbody: |\n  1,2\n  3,4\n",
            (b"1,2\n3,4\n", "text/csv", "text/csv"),
        ),
    ],
    ids=["text", "json", "csv"],
)
def test_the_printed_request_works_in_a_shell(
    slipway: Callable[..., Any], aws: Any, model: Path, sample: str, sent: tuple[bytes, str, str]
) -> None:
    (model / "samples" / "row.yaml").write_text(sample)
    text = slipway("demo", "mine").text
    invocation = text.partition("\nNext:\n")[2].partition("  .venv/bin/slipway local")[0]
    aws.deployed(NAME)
    aws.answers(b"[0.5, 0.5]")

    ran = slipway(*shlex.split(invocation)[1:])

    assert ran.status == 0, ran.errors
    first, again = [request for name, request in aws.requests if name == "InvokeEndpoint"]
    assert again == first
    assert (first["Body"], first["ContentType"], first["Accept"]) == sent


@pytest.fixture
def send_again(
    slipway: Callable[..., Any], aws: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], list[dict[str, Any]]]:
    """Run the printed request as a shell does; return the demo's request and this one."""

    def run(text: str) -> list[dict[str, Any]]:
        invocation = next_commands(text)[0]
        if "=" in invocation[0]:
            monkeypatch.setenv(*invocation.pop(0).split("="))
        assert invocation[:2] == [".venv/bin/slipway", "invoke"]
        aws.deployed(NAME)
        aws.answers(b"[0.5, 0.5]")
        ran = slipway(*invocation[1:])
        assert ran.status == 0, ran.errors
        return [request for name, request in aws.requests if name == "InvokeEndpoint"]

    return run


@pytest.mark.usefixtures("deployments")
def test_a_binary_request_goes_to_a_shell_as_its_file(
    slipway: Callable[..., Any], model: Path, send_again: Callable[[str], list[dict[str, Any]]]
) -> None:
    (model / "samples" / "image.yaml").write_text("content_type: image/png\nbody_file: an image.png\n")
    (model / "samples" / "an image.png").write_bytes(b"\x89PNG\x00")

    ran = slipway("demo", "mine")

    assert ran.status == 0, ran.errors
    assert "an image.png, 5 bytes of image/png\n" in ran.text
    first, again = send_again(ran.text)
    assert again == first
    assert (first["Body"], first["ContentType"]) == (b"\x89PNG\x00", "image/png")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a demo writes what it generates."""
    monkeypatch.setattr(checkout, "STATE", tmp_path / "my state")
    return tmp_path / "my state"


@pytest.mark.parametrize("asked", ["cifar10", "linear_serve", "resnet50", "sdk_defaults", "sdk-defaults", "synpg"])
def test_a_model_of_an_example_is_deployed_alone(
    slipway: Callable[..., Any],
    deployments: list[list[str]],
    state: Path,
    send_again: Callable[[str], list[dict[str, Any]]],
    asked: str,
) -> None:
    endpoint = asked.replace("_", "-")
    folder = state / "demo" / endpoint

    ran = slipway("demo", asked)

    assert ran.status == 0, ran.errors
    [command] = deployments
    assert command[:7] == ["cdk", "deploy", "--all", "-c", "env=local", "-c", f"environments={folder}"]
    [deployed] = load_environment("local", folder).endpoints.items()
    assert deployed == (endpoint, load_environment(endpoint, ENVIRONMENTS / "examples").endpoints[endpoint])
    assert f"environments/examples/{endpoint}.yaml" in ran.text
    first, again = send_again(ran.text)
    assert again == first


def test_a_name_that_is_neither_an_endpoints_nor_an_examples_is_refused_with_those_there_are(
    slipway: Callable[..., Any], deployments: list[list[str]]
) -> None:
    error = slipway("demo", "resnet5").error()

    assert "no endpoint 'resnet5'" in error
    assert "it has: linear; examples: cifar10, linear-serve, resnet50, sdk-defaults, synpg" in error
    assert error.endswith("; did you mean resnet50?")
    assert deployments == []
