"""`slipway costs`: what an environment costs a month, before it is deployed."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import typer

from assets.checkout import shown
from slipway.console import print_json, say
from slipway.costs.break_even import break_evens
from slipway.costs.cost import SECONDS_PER_MONTH, Traffic
from slipway.costs.estimate import estimate_environment
from slipway.costs.price_file import known_prices
from slipway.costs.report import cost_facts, print_costs
from slipway.costs.update import pricing_client, update_prices
from slipway.environments import LOCAL_ENVIRONMENT, environments_folder, load
from slipway.errors import CommandError
from slipway.finite_option import finite
from stacks.settings import ENVIRONMENTS, environment_names

_MOST_REQUESTS = 10**12
_LONGEST_REQUEST = 1000 * SECONDS_PER_MONTH
"""What is counted is a month's, in milliseconds."""


def costs_command(
    env: Annotated[
        str | None, typer.Option(help=f"The environment; {LOCAL_ENVIRONMENT} when left out.", show_default=False)
    ] = None,
    requests_per_month: Annotated[
        int | None,
        typer.Option(help="The requests that each endpoint gets in a month.", min=0, max=_MOST_REQUESTS),
    ] = None,
    ms_per_request: Annotated[
        float | None,
        typer.Option(
            help="How long a request takes, in milliseconds.", min=0.001, max=_LONGEST_REQUEST, callback=finite
        ),
    ] = None,
    update: Annotated[
        bool,
        typer.Option(
            "--update",
            help="Ask the AWS Price List for prices first; without --env, for all environments, and no more.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Estimate what an environment costs in a month, and from which traffic an instance beats serverless."""
    milliseconds = None if ms_per_request is None else Decimal(str(ms_per_request))
    traffic = _traffic(requests_per_month, milliseconds)
    if update:
        regions = _regions(env)
        path = update_prices(pricing_client(), regions)
        say(f"wrote {shown(path)}")
        if env is None:
            if as_json:
                print_json({"prices": str(path), "regions": regions})
            return
    settings, prices = load(env or LOCAL_ENVIRONMENT), known_prices()
    cost = estimate_environment(settings, traffic, prices)
    even = break_evens(settings, prices)
    if as_json:
        print_json(cost_facts(cost, traffic, even, milliseconds))
        return
    if settings.is_local:
        say(f"AWS on this machine costs nothing; this is what the same settings cost on AWS in {settings.region}.")
    print_costs(cost, even, milliseconds)


def _traffic(requests_per_month: int | None, ms_per_request: Decimal | None) -> Traffic | None:
    if requests_per_month is None:
        return None
    if ms_per_request is None:
        raise CommandError(
            "--requests-per-month needs --ms-per-request beside it: costs are by the time they take."
        )
    return Traffic(requests_per_month, ms_per_request)


def _regions(env: str | None) -> list[str]:
    names = [env] if env else environment_names(environments_folder() or ENVIRONMENTS)
    return sorted({load(name).region for name in names})
