"""From an environment's settings to its costs."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

from slipway.costs.cost import CostLine, EndpointCost, EnvironmentCost, Traffic
from slipway.costs.instances import instance_lines
from slipway.costs.price_file import known_prices
from slipway.costs.prices import PriceOf, Prices
from slipway.costs.serverless import is_beyond_capacity, serverless_lines
from slipway.costs.storage import Sizes, newest_packages, not_counted, storage_lines
from stacks.settings import EndpointSettings, EnvironmentSettings, ServerlessHosting

__all__ = [
    "NOT_COUNTED",
    "CostLine",
    "EndpointCost",
    "EnvironmentCost",
    "Prices",
    "Traffic",
    "estimate_environment",
]

NOT_COUNTED = (
    "data that endpoints process, and its transfer",
    "storage volumes whose size the settings leave to SageMaker",
    "the second set of instances during a deployment",
    "older packages, captured data, and requests and answers of asynchronous endpoints in S3",
    "images in ECR",
    "logs, metrics, alarms and dashboards",
    "KMS keys, topics and what a VPC needs",
    "training",
    "taxes, free tiers, volume discounts and Savings Plans",
)
"""What the costs leave out."""


def estimate_environment(
    settings: EnvironmentSettings,
    traffic: Traffic | None = None,
    prices: Prices | None = None,
    packages: Mapping[str, Sizes] | None = None,
) -> EnvironmentCost:
    """Estimate what an environment costs a month; no network is needed.

    Parameters
    ----------
    settings
        Of the environment.
    traffic
        The requests that each endpoint gets; left out, the bounds are an idle month and one at full capacity.
    prices
        By default those in the files.
    packages
        The sizes of the packages of each endpoint; by default of those that were made or used last.

    Raises
    ------
    CommandError
        A file of prices cannot be read.
    """
    found = known_prices() if prices is None else prices
    price_of = functools.partial(found.find, region=settings.region)

    def cost_of(name: str, endpoint: EndpointSettings) -> EndpointCost:
        sizes = newest_packages(endpoint) if packages is None else packages.get(name, {})
        lines = _lines(endpoint, sizes, traffic, price_of)
        return EndpointCost(name, tuple(lines), tuple(_notes(endpoint, sizes, traffic)))

    endpoints = tuple(cost_of(name, endpoint) for name, endpoint in settings.endpoints.items())
    return EnvironmentCost(settings.name, settings.region, endpoints)


def _lines(
    endpoint: EndpointSettings, packages: Sizes, traffic: Traffic | None, price_of: PriceOf
) -> Iterator[CostLine]:
    variants = endpoint.all_variants
    for variant in variants:
        label = f"{variant.name}: " if len(variants) > 1 else ""
        if isinstance(variant.hosting, ServerlessHosting):
            yield from serverless_lines(variant.hosting, traffic, price_of)
        else:
            yield from instance_lines(variant, variant.hosting, label, price_of)
    yield from storage_lines(packages, price_of)


def _notes(endpoint: EndpointSettings, packages: Sizes, traffic: Traffic | None) -> Iterator[str]:
    hosting = endpoint.hosting
    if traffic and isinstance(hosting, ServerlessHosting) and is_beyond_capacity(hosting, traffic):
        yield (
            f"these requests are more than max_concurrency, {hosting.max_concurrency}, can answer: what does not "
            "fit is throttled, and not in the costs"
        )
    yield from not_counted(endpoint, packages)
