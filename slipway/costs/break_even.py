"""How much traffic makes an instance cheaper than serverless inference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from slipway.costs.cost import HOURS_PER_MONTH, SECONDS_PER_MONTH
from slipway.costs.price_file import known_prices
from slipway.costs.prices import Price, Prices
from stacks.instance_types import has_gpu, has_other_accelerator, is_arm
from stacks.settings import EnvironmentSettings, InstanceHosting, ServerlessHosting

_OTHERS = 5
"""How many instance types are compared beside those that the environment names: the cheapest."""


@dataclass(frozen=True)
class BreakEven:
    """Where one instance all month costs as much as serverless inference without provisioned concurrency.

    Parameters
    ----------
    instance_type
        Of the instance.
    memory_size_in_mb
        Of the serverless endpoint.
    seconds
        The seconds of requests in a month where both cost the same; with more, the instance is cheaper.
    """

    instance_type: str
    memory_size_in_mb: int
    seconds: Decimal

    @property
    def mean_concurrency(self) -> Decimal:
        """How many requests are answered at once then, on average: what the instance has to keep up with."""
        return self.seconds / SECONDS_PER_MONTH

    def requests_per_month(self, ms_per_request: Decimal) -> int:
        """Return how many requests a month that are, each of so many milliseconds in both."""
        return int(self.seconds * 1000 / ms_per_request)


def break_evens(settings: EnvironmentSettings, prices: Prices | None = None) -> tuple[BreakEven, ...]:
    """Compare serverless inference with the instance types at hand, as far as prices are known.

    Those are the ones that the environment names, and the cheapest others whose processor runs the slim container.

    Parameters
    ----------
    settings
        Of the environment. The memory is that of its serverless endpoints; without any, every size.
    prices
        By default those in the files.
    """
    found = (known_prices() if prices is None else prices).of_region(settings.region)
    hostings = [one.hosting for endpoint in settings.endpoints.values() for one in endpoint.all_variants]
    named = {one.instance_type for one in hostings if isinstance(one, InstanceHosting)}
    memory = {str(one.memory_size_in_mb) for one in hostings if isinstance(one, ServerlessHosting)}
    per_second = {
        price.item.name: price
        for price in found
        if price.item.kind == "serverless-duration" and (not memory or price.item.name in memory)
    }
    instances = sorted(_instances(found, named), key=lambda price: (price.usd, price.item.name))
    return tuple(
        BreakEven(instance.item.name, int(size), instance.usd * HOURS_PER_MONTH / serverless.usd)
        for instance in instances
        for size, serverless in sorted(per_second.items(), key=lambda entry: int(entry[0]))
    )


def _instances(prices: list[Price], named: set[str]) -> Iterator[Price]:
    instances = [price for price in prices if price.item.kind == "real-time-instance"]
    others = [price for price in instances if price.item.name not in named and _is_plain(price.item.name)]
    yield from (price for price in instances if price.item.name in named)
    yield from sorted(others, key=lambda price: (price.usd, price.item.name))[:_OTHERS]


def _is_plain(instance_type: str) -> bool:
    return not (has_gpu(instance_type) or has_other_accelerator(instance_type) or is_arm(instance_type))
