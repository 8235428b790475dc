"""What serverless hosting costs: seconds of requests, and concurrency that is kept ready."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from slipway.costs.cost import SECONDS_PER_MONTH, CostLine, Traffic
from slipway.costs.items import Item, Kind
from slipway.costs.prices import PriceOf
from stacks.settings import ServerlessHosting


def serverless_lines(hosting: ServerlessHosting, traffic: Traffic | None, price_of: PriceOf) -> Iterator[CostLine]:
    """Yield what a serverless variant uses in a month.

    Without traffic, the cheapest month has no request, and in the dearest `max_concurrency` requests are answered
    at every moment. With it, requests find provisioned concurrency in the cheapest month as far as it suffices,
    and come all at once in the dearest, when none of them does.

    Parameters
    ----------
    hosting
        Of the variant.
    traffic
        Of the endpoint; None where it is not known.
    price_of
        Returns an item's price in the region.

    Notes
    -----
    Source: Amazon SageMaker pricing, "Serverless inference": on-demand requests by the memory and the
    milliseconds that they take; provisioned concurrency by the memory and the time that it is enabled, and its
    requests at a rate of their own.
    """
    least, most = _provisioned(hosting)
    capacity = Decimal(hosting.max_concurrency * SECONDS_PER_MONTH)
    if traffic is None:
        lower_on_it, lower_on_demand = Decimal(0), Decimal(0)
        upper_on_it = Decimal(most * SECONDS_PER_MONTH)
        upper_on_demand = capacity - upper_on_it
    else:
        seconds = min(traffic.seconds, capacity)
        lower_on_it = min(seconds, Decimal(least * SECONDS_PER_MONTH))
        lower_on_demand = seconds - lower_on_it
        upper_on_it, upper_on_demand = Decimal(0), seconds

    def line(what: str, kind: Kind, lower: Decimal, upper: Decimal) -> CostLine:
        item = Item(kind, str(hosting.memory_size_in_mb))
        return CostLine(what, item, lower, upper, price_of(item))

    memory = f"{hosting.memory_size_in_mb} MB"
    yield line(f"requests, {memory}", "serverless-duration", lower_on_demand, upper_on_demand)
    if most:
        always = Decimal(least * SECONDS_PER_MONTH), Decimal(most * SECONDS_PER_MONTH)
        number = str(least) if least == most else f"{least} to {most}"
        yield line(f"{number} x provisioned, {memory}", "provisioned-concurrency", *always)
        yield line(f"requests on provisioned, {memory}", "provisioned-duration", lower_on_it, upper_on_it)


def is_beyond_capacity(hosting: ServerlessHosting, traffic: Traffic) -> bool:
    """Whether the requests of a month do not fit into it, even when they come evenly."""
    return traffic.seconds > hosting.max_concurrency * SECONDS_PER_MONTH


def _provisioned(hosting: ServerlessHosting) -> tuple[int, int]:
    if hosting.provisioned_concurrency is None:
        return 0, 0
    if hosting.autoscaling is None:
        return hosting.provisioned_concurrency, hosting.provisioned_concurrency
    return hosting.autoscaling.min_capacity, hosting.autoscaling.max_capacity
