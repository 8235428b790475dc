"""`slipway explain`: why an endpoint is not in service, or why its requests fail, and how to mend it."""

from __future__ import annotations

import functools
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from slipway.console import print_json
from slipway.environments import connect, find_endpoint
from slipway.printable import printable
from slipway.since import parse_since

if TYPE_CHECKING:
    from slipway.explain.explanation import Explanation
    from slipway.explain.finding import Finding

_LABEL = 9  # characters, with the space behind


def explain_command(
    endpoint: Annotated[str, typer.Argument(help="The endpoint's name in the environment's file.")],
    env: Annotated[str, typer.Option(help="The environment.")] = "local",
    since: Annotated[
        str,
        typer.Option(
            help="Whose requests are looked at: those since 10m, 2h or 7d ago, or a date or time in ISO 8601."
        ),
    ] = "1h",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say why an endpoint is not in service or fails, and how to mend it; it fails unless all is well."""
    from slipway.explain.explanation import explain  # noqa: PLC0415 (it takes a while)

    settings, _ = find_endpoint(env, endpoint)
    now = datetime.now(UTC)
    begin = parse_since(since, now)
    clients = functools.cache(connect(settings))
    with Console(stderr=True).status(f"Reading what AWS knows of {endpoint}"):
        explanation = explain(clients, settings, endpoint, since=begin, now=now)
    if as_json:
        print_json(_described(explanation))
    else:
        _print(explanation, since)
    if not explanation.is_healthy:
        raise typer.Exit(1)


def _described(explanation: Explanation) -> dict[str, Any]:
    evidence = explanation.evidence
    return {
        "environment": evidence.subject.environment,
        "endpoint": evidence.subject.endpoint,
        "endpoint_name": evidence.subject.endpoint_name,
        "healthy": explanation.is_healthy,
        "state": evidence.state,
        "findings": [asdict(finding) for finding in explanation.findings],
        "where": [asdict(place) for place in explanation.places],
        "unread": [asdict(source) for source in explanation.unread],
        "since": evidence.since.isoformat(),
        "metrics": asdict(evidence.metrics),
    }


def _print(explanation: Explanation, since: str) -> None:
    if explanation.is_healthy:
        typer.echo(_healthy(explanation, since))
    for finding in explanation.findings:
        _print_finding(finding)
    if not explanation.is_healthy:
        for place in explanation.places:
            _print_lines("look", f"{place.what} {place.name}: {place.command}")
    for source in explanation.unread:
        _print_lines("unread", f"{source.source}: {source.reason}")


def _healthy(explanation: Explanation, since: str) -> str:
    name, measured = explanation.evidence.subject.endpoint_name, explanation.evidence.metrics
    failed = measured.client_errors + measured.server_errors
    of_requests = f"{failed} of {measured.requests} requests failed" if measured.requests else "no request came"
    if not explanation.are_requests_known:
        return f"{name}: in service, with what was deployed"
    return f"{name}: in service, with what was deployed; {of_requests} since {since}"


def _print_finding(finding: Finding) -> None:
    _print_lines("cause", f"{finding.summary} [{finding.cause}]")
    for quote in finding.evidence:
        _print_lines("", f"{quote.source}:\n{quote.text}")
    _print_lines("mend", finding.mend)


def _print_lines(label: str, text: str) -> None:
    """Print lines behind a label, without what a terminal would act on: others may have written parts of them."""
    for line in text.splitlines():
        typer.echo(f"{label:<{_LABEL}}{printable(line)}".rstrip())
        label = ""
