"""`slipway status`: whether an endpoint, or each of an environment, runs what was deployed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from slipway.console import print_json
from slipway.endpoint_status import EndpointStatus, VariantStatus, endpoint_status
from slipway.environment_status import MissingEndpoint, environment_status
from slipway.environments import connect, find_endpoint, load
from slipway.printable import printable

_WIDE = 1000
"""Columns: a line of the table stays one, so that it can be searched and cut."""


def status_command(
    endpoint: Annotated[
        str | None, typer.Argument(help="The endpoint's name in the environment's file; left out: all of them.")
    ] = None,
    env: Annotated[str, typer.Option(help="The environment.")] = "local",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show endpoints, and end with an error unless all are in service with what their stacks deployed."""
    is_as_deployed = _show_one(endpoint, env, as_json=as_json) if endpoint else _show_all(env, as_json=as_json)
    if not is_as_deployed:
        raise typer.Exit(1)


def _show_one(endpoint: str, env: str, *, as_json: bool) -> bool:
    settings, _ = find_endpoint(env, endpoint)
    status = endpoint_status(connect(settings), settings, endpoint)
    if as_json:
        print_json({"environment": env, **_described(endpoint, status)})
    else:
        _print(status)
    return status.is_as_deployed


def _show_all(env: str, *, as_json: bool) -> bool:
    settings = load(env)
    found = environment_status(connect(settings), settings)
    is_as_deployed = all(_is_as_deployed(status) for status in found.values())
    if as_json:
        described = [_described(endpoint, status) for endpoint, status in found.items()]
        print_json({"environment": env, "as_deployed": is_as_deployed, "endpoints": described})
    elif not found:
        typer.echo(f"Environment {env} has no endpoints")
    else:
        _print_all(found)
    return is_as_deployed


def _is_as_deployed(status: EndpointStatus | MissingEndpoint) -> bool:
    return isinstance(status, EndpointStatus) and status.is_as_deployed


def _described(endpoint: str, status: EndpointStatus | MissingEndpoint) -> dict[str, Any]:
    return {"endpoint": endpoint, "as_deployed": _is_as_deployed(status), **asdict(status)}


def _print_all(found: dict[str, EndpointStatus | MissingEndpoint]) -> None:
    """Print one line for each endpoint, then what is wrong with those of which there is more to say."""
    table = Table(
        "endpoint", "state", "name", "live config", "deployed config", "variants", box=None, pad_edge=False
    )
    problems = []
    for endpoint, status in found.items():
        if isinstance(status, MissingEndpoint):
            table.add_row(endpoint, status.state, "-", "-", "-", "-")
            problems.append(status.problem)
            continue
        deployed = "the same" if status.live_config == status.deployed_config else status.deployed_config
        variants = "; ".join(f"{_name(one)}: {_capacity(one)}" for one in status.variants)
        table.add_row(endpoint, status.state, status.endpoint_name, status.live_config, deployed, variants)
        problems += [f"{status.endpoint_name}: {status.failure_reason}"] if status.failure_reason else []
    Console(width=_WIDE, soft_wrap=True).print(table)
    for problem in problems:
        typer.echo(problem)


def _print(status: EndpointStatus) -> None:
    typer.echo(f"{status.endpoint_name}: {_sentence(status)}")
    if status.deployment:
        typer.echo(f"update      {status.deployment}")
    typer.echo(f"live        {status.live_config}")
    if status.live_config != status.deployed_config:
        typer.echo(f"deployed    {status.deployed_config}")
    typer.echo(f"stack       {status.stack_status}")
    if status.failure_reason:
        typer.echo(f"reason      {printable(status.failure_reason)}")
    if status.next_endpoint_name:
        typer.echo(
            f"next        the settings lead to {status.next_endpoint_name}: the next deployment makes it, moves "
            "the SSM parameter to it, and then deletes this endpoint"
        )
    table = Table("variant", "weight", "capacity", box=None, pad_edge=False)
    for variant in status.variants:
        table.add_row(_name(variant), _weight(variant), _capacity(variant))
    Console().print(table)


def _sentence(status: EndpointStatus) -> str:
    return {
        "in service": "in service, with what was deployed",
        "updating": f"{status.endpoint_status}, not settled yet",
        "rolled back": "rolled back: it is in service with another config than the one that was deployed",
        "failed": f"{status.endpoint_status}",
        "deleting": "is being deleted",
    }[status.state]


def _name(variant: VariantStatus) -> str:
    return f"{variant.name}{' (shadow)' if variant.shadow else ''}"


def _weight(variant: VariantStatus) -> str:
    if variant.weight is None:
        return "-"
    changing = variant.desired_weight not in (None, variant.weight)
    return f"{variant.weight:g}{f' (to {variant.desired_weight:g})' if changing else ''}"


def _capacity(variant: VariantStatus) -> str:
    if variant.max_concurrency is not None:
        provisioned = variant.provisioned_concurrency
        kept = f", {provisioned} of it provisioned" if provisioned else ""
        return f"concurrency {variant.max_concurrency}{kept}"
    if variant.instances is None:
        return "-"
    changing = variant.desired_instances not in (None, variant.instances)
    number = f"{variant.instances} instance{'' if variant.instances == 1 else 's'}"
    return f"{number}{f' (to {variant.desired_instances})' if changing else ''}"
