"""`slipway demo`: the whole way of a model on this machine, from its folder to its prediction."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
from typing import Annotated

import typer

from assets.checkout import ROOT
from assets.model_folder import find_model
from assets.samples import Sample, load_samples
from local_aws.bootstrap import bootstrap
from local_aws.client_environment import without_aws_settings
from local_aws.control import DEFAULT_PORT
from slipway.console import say
from slipway.environments import (
    LOCAL_ENVIRONMENT,
    connect,
    environments_folder,
    find_endpoint,
    local_aws,
    local_client_environment,
)
from slipway.errors import CommandError
from slipway.invocation import DeployedEndpoint, Request
from slipway.sending import send

_JSON = "application/json"


def demo_command(
    endpoint: Annotated[str, typer.Argument(help="An endpoint of environments/local.yaml.")] = "linear",
    port: Annotated[
        int | None,
        typer.Option(
            help=f"The port of AWS on this machine; by default that of the one that runs, else {DEFAULT_PORT}.",
            envvar="SLIPWAY_LOCAL_PORT",
        ),
    ] = None,
) -> None:
    """Deploy environments/local.yaml into AWS on this machine and send a sample to an endpoint."""
    settings, endpoint_settings = find_endpoint(LOCAL_ENVIRONMENT, endpoint)
    if not endpoint_settings.model:
        raise CommandError(f"Endpoint {endpoint!r} has model_data in S3, and no model folder with samples")
    sample = _shortest_sample(endpoint_settings.model)
    local_aws().up(port, say)
    environment = {**without_aws_settings(os.environ), **local_client_environment(settings)}
    bootstrap(environment, say)
    local_aws().wait_until_settled(say)
    context = _context()
    say(f"deploying: cdk deploy --all {shlex.join(context)}")
    command = ["cdk", "deploy", "--all", *context, "--require-approval", "never"]
    deployed = subprocess.run(command, cwd=ROOT, env=environment, stdout=2, check=False)
    if deployed.returncode:
        again = f"slipway local run -- {shlex.join(command)}"
        raise CommandError(f"The deployment failed, see above. To try again: {again}")
    clients = connect(settings)
    asked = DeployedEndpoint(clients, settings, endpoint)
    name = asked.name
    status = clients("sagemaker").describe_endpoint(EndpointName=name)["EndpointStatus"]
    request = Request(sample.body, sample.content_type, sample.accept)
    response = send(asked, request)
    typer.echo(f"\nendpoint  {name}\nstatus    {status}")
    typer.echo(f"request   {_shown(sample.body, sample.content_type)}")
    typer.echo(f"answer    {_shown(response.body, response.content_type)}")
    diff = ["local", "run", "--", "cdk", "diff", *context]
    typer.echo("\nNext:")
    for arguments, remark in (
        (_invocation(endpoint, sample), ""),
        (diff, f"after a change in the model {endpoint_settings.model}"),
        (["local", "down", "--purge"], "leaves no process and no state"),
    ):
        if arguments:
            typer.echo(
                f"  {shlex.join(['.venv/bin/slipway', *arguments]):<58}{remark and f'  # {remark}'}".rstrip()
            )


def _context() -> list[str]:
    """Return what tells the CDK app the environment, and the folder of its file when that is another one."""
    folder = environments_folder()
    return ["-c", f"env={LOCAL_ENVIRONMENT}", *(["-c", f"environments={folder}"] if folder else [])]


def _invocation(endpoint: str, sample: Sample) -> list[str]:
    """Return the arguments that send a sample again; none for bytes, which no command line can hold."""
    text = _text(sample.body)
    if text is None:
        return []
    options = {"--content-type": sample.content_type, "--accept": sample.accept}
    other = [part for name, value in options.items() if value != _JSON for part in (name, value)]
    return ["invoke", endpoint, "--data", text, *other]


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
