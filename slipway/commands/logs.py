"""`slipway logs`: what the containers of endpoints write, here and on AWS alike."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from time import sleep as pause
from typing import Annotated, Any

import typer

from slipway.console import print_json, say
from slipway.endpoint_logs import EndpointLogs, LogEvent
from slipway.environments import connect, find_endpoint, load
from slipway.errors import CommandError
from slipway.printable import printable
from slipway.since import parse_since

_INTERVAL, _INTERVAL_PER_GROUP = 2.0, 0.4
"""Seconds between two looks, and how many at the least for each log group, since FilterLogEvents is limited to
five requests a second in an account and region ("CloudWatch Logs quotas", Amazon CloudWatch Logs User Guide)."""


def logs_command(
    endpoint: Annotated[
        str | None, typer.Argument(help="The endpoint's name in the environment's file; left out: all of them.")
    ] = None,
    env: Annotated[str, typer.Option(help="The environment.")] = "local",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    since: Annotated[
        str, typer.Option(help="From when on: 30s, 10m, 2h, 7d or 1w ago, or a date or time in ISO 8601.")
    ] = "10m",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON array; with --follow, one JSON object a line.")
    ] = False,
) -> None:
    """Show what the containers of an endpoint wrote to its log group: time, variant and instance, line."""
    settings = find_endpoint(env, endpoint)[0] if endpoint else load(env)
    begin = _milliseconds(parse_since(since, datetime.now(UTC)))
    wanted = [endpoint] if endpoint else list(settings.endpoints)
    if not wanted:
        say(f"Environment {env} has no endpoints")
        if as_json and not follow:
            print_json([])
        return
    client = connect(settings)("logs")
    logs = EndpointLogs(client, settings.names, wanted, begin, say=say, outlasts_connections=follow)
    if follow:
        _follow(logs, env, has_several=endpoint is None, as_json=as_json)
    if as_json:
        events = [_described(event) for event in logs.new_events()]
        _check(logs, endpoint, env)
        print_json(events)
        return
    has_lines = False
    for event in logs.new_events():
        has_lines = True
        typer.echo(_line(event, has_several=endpoint is None))
    _check(logs, endpoint, env)
    if not has_lines:
        say(f"No line since {_shown(begin)}; --since 7d looks further back")


def _follow(logs: EndpointLogs, env: str, *, has_several: bool, as_json: bool) -> None:
    """Print what comes, until Ctrl-C."""
    missing: list[str] = []
    while True:
        for event in logs.new_events():
            typer.echo(json.dumps(_described(event)) if as_json else _line(event, has_several=has_several))
        if logs.missing != missing:
            missing = logs.missing
            for endpoint in missing:
                say(f"{_no_log_group(endpoint, env)}: waiting for it")
        pause(max(_INTERVAL, _INTERVAL_PER_GROUP * len(logs.groups)))


def _check(logs: EndpointLogs, endpoint: str | None, env: str) -> None:
    """Say which endpoints have no log group; where one was asked for by its name, that is a mistake."""
    for missing in logs.missing:
        if endpoint:
            raise CommandError(_no_log_group(missing, env))
        say(_no_log_group(missing, env))


def _no_log_group(endpoint: str, env: str) -> str:
    return f"There is no log group: endpoint {endpoint!r} is not deployed in environment {env}"


def _line(event: LogEvent, *, has_several: bool) -> str:
    who = f"{event.endpoint}/{event.stream}" if has_several else event.stream
    return printable(f"{_shown(event.timestamp)} [{who}] {event.message}")


def _described(event: LogEvent) -> dict[str, Any]:
    return {**asdict(event), "timestamp": _shown(event.timestamp)}


def _milliseconds(when: datetime) -> int:
    return max(0, int(when.timestamp() * 1000))


def _shown(milliseconds: int) -> str:
    return (
        datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
