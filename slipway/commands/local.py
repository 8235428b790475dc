"""`slipway local`: AWS on this machine."""

from __future__ import annotations

import os
import shutil
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from local_aws.bootstrap import bootstrap
from local_aws.client_environment import without_aws_settings
from local_aws.control import DEFAULT_PORT
from local_aws.running_emulator import Emulator
from slipway.console import print_json, say
from slipway.endpoint_logs import log_groups
from slipway.environments import (
    LOCAL_ENVIRONMENT,
    connect_to_local_aws,
    load,
    local_aws,
    local_client_environment,
)
from slipway.errors import CommandError
from slipway.printable import printable

local_app = typer.Typer(no_args_is_help=True, help="AWS on this machine: no account, no docker, no root.")


@local_app.command("up")
def up_command(
    port: Annotated[
        int | None,
        typer.Option(
            help=f"The port on 127.0.0.1; by default that of the one that runs, else {DEFAULT_PORT}.",
            envvar="SLIPWAY_LOCAL_PORT",
        ),
    ] = None,
    run_bootstrap: Annotated[bool, typer.Option("--bootstrap/--no-bootstrap", help="Run cdk bootstrap.")] = True,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Enforce IAM: every request is signed by a user or role whose policies allow it, over TLS with a"
            " certificate made for this run. `slipway local run` sets what clients need.",
        ),
    ] = False,
) -> None:
    """Start AWS on this machine, with the endpoints that it had, and bootstrap CDK in it."""
    emulator = local_aws().up(port, say, strict=strict)
    if run_bootstrap:
        bootstrap(local_client_environment(load(LOCAL_ENVIRONMENT)), say)
    typer.echo(_where(emulator))


@local_app.command("down")
def down_command(
    purge: Annotated[bool, typer.Option("--purge", help="Remove its state as well.")] = False,
) -> None:
    """Stop AWS on this machine and all of its endpoints."""
    was_running = local_aws().down(purge=purge, say=say)
    state = "its state is removed" if purge else "its state is kept"
    typer.echo(f"AWS on this machine {'is stopped' if was_running else 'was not running'}; {state}")


@local_app.command("status")
def status_command(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show whether AWS on this machine runs, and its endpoints."""
    emulator = local_aws().find()
    endpoints = emulator.endpoints() if emulator else []
    if as_json:
        running = {"url": emulator.url, "pid": emulator.pid, "strict": emulator.strict} if emulator else None
        print_json({"running": running, "endpoints": endpoints})
    elif emulator is None:
        typer.echo("AWS on this machine is not running. Start it with: slipway local up")
    else:
        _print_status(emulator, endpoints)


@local_app.command("logs")
def logs_command(
    endpoint: Annotated[
        str | None, typer.Argument(help="An endpoint of the environment's file; all of them when left out.")
    ] = None,
    env: Annotated[
        str, typer.Option(help="The environment whose endpoints, account and region are meant.")
    ] = LOCAL_ENVIRONMENT,
    lines: Annotated[int, typer.Option("--lines", "-n", help="How many of the newest lines.")] = 100,
) -> None:
    """Show what the containers of endpoints wrote to their log groups."""
    settings = load(env)
    wanted = [endpoint] if endpoint else list(settings.endpoints)
    logs = connect_to_local_aws(settings)("logs")
    for name in wanted:
        groups = log_groups(logs, settings.names, [name])
        if not groups and endpoint:
            raise CommandError(
                f"There is no log group: endpoint {endpoint!r} is not deployed in environment {env}"
            )
        for group in groups:
            _print_log_group(logs, group, lines)


@local_app.command(
    "run",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False},
)
def run_command(
    context: typer.Context,
    env: Annotated[
        str, typer.Option(help="The environment whose account and region to act in.")
    ] = LOCAL_ENVIRONMENT,
) -> None:
    """Run any command against AWS on this machine: slipway local run -- cdk deploy --all -c env=local."""
    command = context.args
    if not command:
        raise CommandError("Say which command to run, after two hyphens: slipway local run -- cdk diff")
    environment = {**without_aws_settings(os.environ), **local_client_environment(load(env))}
    program = shutil.which(command[0], path=environment["PATH"])
    if program is None:
        raise CommandError(f"There is no command {command[0]!r} on the PATH")
    try:
        os.execve(program, command, environment)  # noqa: S606 - the user's own command, with no shell in between
    except OSError as error:
        raise CommandError(f"{program} cannot be run: {error.strerror}") from error


def _where(emulator: Emulator) -> str:
    mode = ", in strict mode" if emulator.strict else ""
    return f"AWS on this machine answers at {emulator.url} (process {emulator.pid}){mode}"


def _print_status(emulator: Emulator, endpoints: list[dict[str, Any]]) -> None:
    typer.echo(_where(emulator))
    if not endpoints:
        typer.echo("No SageMaker endpoint is deployed.")
        return
    table = Table("endpoint", "status", "account", "processes", box=None, pad_edge=False)
    for endpoint in endpoints:
        processes = ", ".join(f"{variant['name']}: {variant['pid']}" for variant in endpoint["variants"])
        table.add_row(endpoint["name"], endpoint["status"], endpoint["account"], processes)
    Console().print(table)
    for endpoint in endpoints:
        notes = [endpoint["failure_reason"], *(variant["note"] for variant in endpoint["variants"])]
        for note in filter(None, notes):
            typer.echo(f"{endpoint['name']}: {printable(note)}")


def _print_log_group(logs: Any, group: str, lines: int) -> None:
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    events = [event for page in pages for event in page["events"]]
    typer.echo(f"==> {group}", err=True)
    newest = sorted(events, key=lambda event: event["timestamp"])[-lines:] if lines > 0 else []
    for event in newest:
        typer.echo(printable(event["message"]))
