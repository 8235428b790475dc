"""Prices that are known, each with its region, its day and where it is from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from slipway.costs.items import Item


@dataclass(frozen=True)
class Price:
    """One on-demand price.

    Parameters
    ----------
    item
        What it is for.
    region
        Where it holds.
    usd
        US dollars for one unit of the item, without taxes and discounts.
    date
        The day it was read, as 2026-01-31.
    source
        Where it can be looked up: a URL.
    """

    item: Item
    region: str
    usd: Decimal
    date: str
    source: str


PriceOf = Callable[[Item], Price | None]
"""Returns an item's price in a region that is settled already."""


class Prices:
    """Prices by region and item; of several for the same, the newest.

    Parameters
    ----------
    prices
        In any order.
    """

    def __init__(self, prices: Iterable[Price] = ()) -> None:
        self._known: dict[tuple[str, Item], Price] = {}
        for price in prices:
            key = price.region, price.item
            older = self._known.get(key)
            if older is None or older.date <= price.date:
                self._known[key] = price

    def __iter__(self) -> Iterator[Price]:
        return iter(sorted(self._known.values(), key=lambda price: (price.region, price.item)))

    def __len__(self) -> int:
        return len(self._known)

    def find(self, item: Item, region: str) -> Price | None:
        """Return the price of an item in a region, None where none is known."""
        return self._known.get((region, item))

    def of_region(self, region: str) -> list[Price]:
        """List what is known of a region, by item."""
        return [price for price in self if price.region == region]
