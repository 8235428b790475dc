"""The files that prices are kept in."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, get_args

from assets.checkout import shown
from slipway.costs.items import Item, Kind
from slipway.costs.prices import Price, Prices
from slipway.environments import environments_folder
from slipway.errors import CommandError
from stacks.settings import ENVIRONMENTS

COMMITTED = Path(__file__).with_name("prices.json")
"""Prices that come with Slipway, each with the page that names it."""

OWN_NAME = "prices.json"
"""The file beside the environments' files that `slipway costs --update` writes."""


def own_file() -> Path:
    """Return where the prices that were asked for lie, beside the environments' files."""
    return (environments_folder() or ENVIRONMENTS) / OWN_NAME


def known_prices() -> Prices:
    """Return the prices that come with Slipway, and those that were asked for: of each the newest.

    Raises
    ------
    CommandError
        A file cannot be read.
    """
    return Prices([*read_prices(COMMITTED), *read_prices(own_file())])


def read_prices(path: Path) -> Prices:
    """Return the prices in a file; none where there is no file.

    Raises
    ------
    CommandError
        It cannot be read, or is not a file of prices.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Prices()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{shown(path)} cannot be read: {error}") from error
    try:
        return Prices(_parsed(json.loads(text)))
    except (ValueError, TypeError, KeyError, AttributeError, InvalidOperation) as error:
        raise CommandError(
            f"{shown(path)} is not a file of prices ({error}). Remove it, and run: slipway costs --update"
        ) from error


def write_prices(path: Path, prices: Prices) -> None:
    """Write a file of prices, as a whole or not at all.

    Raises
    ------
    CommandError
        It cannot be written.
    """
    text = json.dumps({"prices": [_facts(price) for price in prices]}, indent=1) + "\n"
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise CommandError(f"{shown(path)} cannot be written: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)


def _parsed(document: dict[str, Any]) -> Iterator[Price]:
    for entry in document["prices"]:
        if entry["kind"] not in get_args(Kind):
            raise ValueError(f"{entry['kind']!r} is no kind of price")
        usd = Decimal(entry["usd"])
        if not usd.is_finite() or usd <= 0:
            raise ValueError(f"{entry['usd']!r} is no price: it has to be more than 0")
        item = Item(entry["kind"], entry.get("name", ""))
        yield Price(item, entry["region"], usd, entry["date"], entry["source"])


def _facts(price: Price) -> dict[str, str]:
    named = {"name": price.item.name} if price.item.name else {}
    return {
        "region": price.region,
        "kind": price.item.kind,
        **named,
        "usd": str(price.usd),
        "unit": price.item.unit,
        "date": price.date,
        "source": price.source,
    }
