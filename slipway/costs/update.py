"""`slipway costs --update`: asks AWS for prices, and keeps them beside the environments' files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slipway.console import say
from slipway.costs.price_file import own_file, read_prices, write_prices
from slipway.costs.price_list import REGION, fetch_prices
from slipway.costs.prices import Prices
from slipway.errors import CommandError


def pricing_client() -> Any:
    """Return a client of the AWS Price List, with the user's credentials.

    Raises
    ------
    CommandError
        The environment's variables lead to the local AWS, which knows no prices.
    """
    if "AWS_ENDPOINT_URL" in os.environ:
        raise CommandError(
            f"AWS_ENDPOINT_URL leads to {os.environ['AWS_ENDPOINT_URL']}, and prices come from AWS: run this "
            "outside of `slipway local run`, with credentials of AWS."
        )
    import boto3  # noqa: PLC0415 (it takes a while)

    return boto3.client("pricing", region_name=REGION)


def update_prices(client: Any, regions: Sequence[str]) -> Path:
    """Ask for the prices of regions, and keep them with those of other regions; all of them or none.

    Parameters
    ----------
    client
        Of the AWS Price List.
    regions
        Whose prices.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    CommandError
        The Price List has none for a region, or the file cannot be read or written.
    """
    path = own_file()
    kept = [price for price in read_prices(path) if price.region not in regions]
    today = datetime.now(UTC).date().isoformat()
    for region in regions:
        with _progress(region) as moved:
            found = fetch_prices(client, region, today, moved)
        if not found:
            raise CommandError(
                f"The AWS Price List has no prices in US dollars for {region}; nothing was changed."
            )
        kept += found
    write_prices(path, Prices(kept))
    return path


@contextmanager
def _progress(region: str) -> Iterator[Callable[[int], None]]:
    """Show on stderr how many products were read: on a terminal as they come, else only what is read."""
    text = f"reading the prices of {region}"
    if not sys.stderr.isatty():
        say(text)
        yield lambda _count: None
        return
    from rich.console import Console  # noqa: PLC0415 (it takes a tenth of a second)

    with Console(stderr=True).status(text) as status:
        yield lambda count: status.update(f"{text}: {count} products")
