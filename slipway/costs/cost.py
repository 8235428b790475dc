"""What an estimate says: lines with quantities and prices, and their sums by endpoint and environment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from slipway.costs.items import Item
from slipway.costs.prices import Price

HOURS_PER_MONTH = 730
"""A month of all-day use, as the AWS Pricing Calculator counts it (its User Guide, "Assumptions")."""

SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600


@dataclass(frozen=True)
class Traffic:
    """The requests that every endpoint of an environment gets.

    Parameters
    ----------
    requests_per_month
        How many.
    ms_per_request
        How long one takes, in milliseconds.
    """

    requests_per_month: int
    ms_per_request: Decimal

    @property
    def seconds(self) -> Decimal:
        """How long all requests of a month take together, in seconds."""
        return self.requests_per_month * self.ms_per_request / 1000


@dataclass(frozen=True)
class CostLine:
    """A quantity of one item: in the cheapest month that the settings allow, and in the dearest.

    Parameters
    ----------
    what
        In words, with the variant where there are several.
    item
        What has a price.
    quantity_lower, quantity_upper
        A month's quantity in the item's unit.
    price
        Of one unit; None where it is not known.
    """

    what: str
    item: Item
    quantity_lower: Decimal
    quantity_upper: Decimal
    price: Price | None

    @property
    def lower(self) -> Decimal | None:
        """US dollars in the cheapest month; None without a price, unless nothing is used."""
        return self._cost(self.quantity_lower)

    @property
    def upper(self) -> Decimal | None:
        """US dollars in the dearest month; None without a price, unless nothing is used."""
        return self._cost(self.quantity_upper)

    @property
    def is_priced(self) -> bool:
        """Whether both costs are known."""
        return self.lower is not None and self.upper is not None

    def _cost(self, quantity: Decimal) -> Decimal | None:
        if not quantity:
            return Decimal(0)
        return quantity * self.price.usd if self.price else None


@dataclass(frozen=True)
class EndpointCost:
    """What one endpoint costs a month.

    Parameters
    ----------
    name
        In the settings.
    lines
        What it is made of.
    notes
        What the figures do not say.
    """

    name: str
    lines: tuple[CostLine, ...]
    notes: tuple[str, ...] = ()

    @property
    def lower(self) -> Decimal | None:
        """US dollars in the cheapest month, of what has a price; None when nothing has one."""
        return _sum(line.lower for line in self.lines)

    @property
    def upper(self) -> Decimal | None:
        """US dollars in the dearest month, of what has a price; None when nothing has one."""
        return _sum(line.upper for line in self.lines)

    @property
    def unpriced(self) -> tuple[str, ...]:
        """What it uses that has no price, each once."""
        return tuple(dict.fromkeys(str(line.item) for line in self.lines if not line.is_priced))


@dataclass(frozen=True)
class EnvironmentCost:
    """What an environment costs a month.

    Parameters
    ----------
    name
        Of the environment.
    region
        Whose prices hold.
    endpoints
        One by one.
    """

    name: str
    region: str
    endpoints: tuple[EndpointCost, ...]

    @property
    def lower(self) -> Decimal | None:
        """US dollars in the cheapest month, of what has a price; None when nothing of its endpoints has one."""
        return _sum(endpoint.lower for endpoint in self.endpoints) if self.endpoints else Decimal(0)

    @property
    def upper(self) -> Decimal | None:
        """US dollars in the dearest month, of what has a price; None when nothing of its endpoints has one."""
        return _sum(endpoint.upper for endpoint in self.endpoints) if self.endpoints else Decimal(0)

    @property
    def unpriced(self) -> tuple[str, ...]:
        """What is used and has no price, each once; with any, the sums are partial."""
        return tuple(dict.fromkeys(one for endpoint in self.endpoints for one in endpoint.unpriced))

    @property
    def prices(self) -> tuple[Price, ...]:
        """The prices that are in the sums, each once."""
        lines = [line for endpoint in self.endpoints for line in endpoint.lines]
        return tuple(dict.fromkeys(line.price for line in lines if line.price is not None))


def _sum(costs: Iterable[Decimal | None]) -> Decimal | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if known else None
