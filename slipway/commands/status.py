"""`slipway status`: whether an endpoint runs what was deployed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from slipway.console import print_json
from slipway.endpoint_status import EndpointStatus, VariantStatus, endpoint_status
from slipway.environments import connect, find_endpoint


def status_command(
    endpoint: Annotated[str, typer.Argument(help="The endpoint's name in the environment's file.")],
    env: Annotated[str, typer.Option(help="The environment.")] = "local",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show an endpoint, and end with an error unless it is in service with what its stack deployed."""
    settings, _ = find_endpoint(env, endpoint)
    status = endpoint_status(connect(settings), settings, endpoint)
    if as_json:
        print_json(
            {"environment": env, "endpoint": endpoint, "as_deployed": status.is_as_deployed, **asdict(status)}
        )
    else:
        _print(status)
    if not status.is_as_deployed:
        raise typer.Exit(1)


def _print(status: EndpointStatus) -> None:
    typer.echo(f"{status.endpoint_name}: {_sentence(status)}")
    if status.deployment:
        typer.echo(f"update      {status.deployment}")
    typer.echo(f"live        {status.live_config}")
    if status.live_config != status.deployed_config:
        typer.echo(f"deployed    {status.deployed_config}")
    typer.echo(f"stack       {status.stack_status}")
    if status.failure_reason:
        typer.echo(f"reason      {status.failure_reason}")
    if status.next_endpoint_name:
        typer.echo(
            f"next        the settings lead to {status.next_endpoint_name}: the next deployment makes it, moves "
            "the SSM parameter to it, and then deletes this endpoint"
        )
    table = Table("variant", "weight", "capacity", box=None, pad_edge=False)
    for variant in status.variants:
        table.add_row(
            f"{variant.name}{' (shadow)' if variant.shadow else ''}", _weight(variant), _capacity(variant)
        )
    Console().print(table)


def _sentence(status: EndpointStatus) -> str:
    return {
        "in service": "in service, with what was deployed",
        "updating": f"{status.endpoint_status}, not settled yet",
        "rolled back": "rolled back: it is in service with another config than the one that was deployed",
        "failed": f"{status.endpoint_status}",
        "deleting": "is being deleted",
    }[status.state]


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
