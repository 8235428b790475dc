"""`slipway demo`: the whole way of a model on this machine, from its folder to its prediction."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
from typing import Annotated

import typer

from assets.checkout import ROOT, shown
from assets.model_folder import find_model
from assets.samples import Sample, load_samples
from local_aws.bootstrap import bootstrap
from local_aws.client_environment import without_aws_settings
from local_aws.control import DEFAULT_PORT
from slipway.console import say
from slipway.demo_environment import DemoEnvironment, demo_environment
from slipway.environments import (
    ENVIRONMENTS_VARIABLE,
    LOCAL_ENVIRONMENT,
    connect,
    local_aws,
    local_client_environment,
)
from slipway.errors import CommandError
from slipway.invocation import DeployedEndpoint, Request
from slipway.sending import send

_JSON = "application/json"
_SLIPWAY = ".venv/bin/slipway"


def demo_command(
    endpoint: Annotated[
        str,
        typer.Argument(
            help="An endpoint of environments/local.yaml, or an example of environments/examples; "
            "sdk_defaults is sdk-defaults."
        ),
    ] = "linear",
    port: Annotated[
        int | None,
        typer.Option(
            help=f"The port of AWS on this machine; by default that of the one that runs, else {DEFAULT_PORT}.",
            envvar="SLIPWAY_LOCAL_PORT",
        ),
    ] = None,
) -> None:
    """Deploy environments/local.yaml, or an example, into AWS on this machine and send a sample to an endpoint."""
    demo = demo_environment(endpoint)
    model = demo.settings.endpoints[demo.endpoint].model
    if not model:
        raise CommandError(f"Endpoint {demo.endpoint!r} has model_data in S3, and no model folder with samples")
    sample = _shortest_sample(model)
    local_aws().up(port, say)
    _deploy(demo)
    _show_prediction(demo, sample)
    _show_next(demo, sample, model)


def _deploy(demo: DemoEnvironment) -> None:
    """Deploy the demo's environment with the CDK CLI.

    Raises
    ------
    CommandError
        The deployment failed; the CLI has shown why.
    """
    environment = {**without_aws_settings(os.environ), **local_client_environment(demo.settings)}
    bootstrap(environment, say)
    local_aws().wait_until_settled(say)
    context = _context(demo)
    say(f"deploying: cdk deploy --all {shlex.join(context)}")
    command = ["cdk", "deploy", "--all", *context, "--require-approval", "never"]
    deployed = subprocess.run(command, cwd=ROOT, env=environment, stdout=2, check=False)
    if deployed.returncode:
        again = f"slipway local run -- {shlex.join(command)}"
        raise CommandError(f"The deployment failed, see above. To try again: {again}")


def _show_prediction(demo: DemoEnvironment, sample: Sample) -> None:
    clients = connect(demo.settings)
    asked = DeployedEndpoint(clients, demo.settings, demo.endpoint)
    name = asked.name
    status = clients("sagemaker").describe_endpoint(EndpointName=name)["EndpointStatus"]
    response = send(asked, Request(sample.body, sample.content_type, sample.accept))
    request = _shown(sample.body, sample.content_type)
    if sample.body_path:
        request = f"{shown(sample.body_path)}, {request}"
    typer.echo(f"\nendpoint  {name}\nstatus    {status}")
    typer.echo(f"request   {request}")
    typer.echo(f"answer    {_shown(response.body, response.content_type)}")


def _show_next(demo: DemoEnvironment, sample: Sample, model: str) -> None:
    """Print the commands that go on from here, as a shell takes them."""
    variable = (
        f"{ENVIRONMENTS_VARIABLE}={shlex.quote(shown(demo.folder))} " if demo.example and demo.folder else ""
    )
    commands = [
        (f"{variable}{_SLIPWAY}", _invocation(demo.endpoint, sample), ""),
        (_SLIPWAY, ["local", "run", "--", "cdk", "diff", *_context(demo)], f"after a change in the model {model}"),
        (_SLIPWAY, ["local", "down", "--purge"], "leaves no process and no state"),
    ]
    typer.echo("\nNext:")
    for program, arguments, remark in commands:
        if arguments:
            command = f"{program} {shlex.join(arguments)}"
            typer.echo(f"  {command:<58}{remark and f'  # {remark}'}".rstrip())
    if demo.example:
        typer.echo(f"\nTo keep the endpoint, copy it from {shown(demo.example)} into an environment's file.")


def _context(demo: DemoEnvironment) -> list[str]:
    """Return what tells the CDK app the environment, and the folder of its file when that is another one."""
    return ["-c", f"env={LOCAL_ENVIRONMENT}", *(["-c", f"environments={demo.folder}"] if demo.folder else [])]


def _invocation(endpoint: str, sample: Sample) -> list[str]:
    """Return the arguments that send a sample again; none for bytes, which no command line can hold."""
    accept = ["--accept", sample.accept] if sample.accept != _JSON else []
    if sample.body_path:
        file = ["--file", shown(sample.body_path), "--content-type", sample.content_type]
        return ["invoke", endpoint, *file, *accept]
    text = _text(sample.body)
    if text is None:
        return []
    content_type = ["--content-type", sample.content_type] if sample.content_type != _JSON else []
    return ["invoke", endpoint, "--data", text, *content_type, *accept]


def _shortest_sample(model: str) -> Sample:
    samples = load_samples(find_model(model))
    if not samples:
        raise CommandError(f"The model {model!r} has no samples/ to send")
    readable = [sample for sample in samples if sample.content_type == _JSON]
    return min(readable or samples, key=lambda sample: len(sample.body))


def _shown(body: bytes, content_type: str) -> str:
    text = _text(body)
    return f"{len(body)} bytes of {content_type}" if text is None else text


def _text(body: bytes) -> str | None:
    """Return the body as text that a command line can hold, or None."""
    with contextlib.suppress(UnicodeDecodeError):
        return None if b"\0" in body else body.decode()
    return None
