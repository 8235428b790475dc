"""What instances cost: the hours between the bounds of autoscaling, and their storage volumes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from slipway.costs.cost import HOURS_PER_MONTH, CostLine
from slipway.costs.items import Item, Kind
from slipway.costs.prices import PriceOf
from stacks.instance_types import has_local_disks
from stacks.settings import AsyncHosting, RealTimeHosting, Variant


def instance_lines(
    variant: Variant, hosting: RealTimeHosting | AsyncHosting, label: str, price_of: PriceOf
) -> Iterator[CostLine]:
    """Yield what the instances of a variant use in a month.

    A shadow variant has instances as any other; it is not scaled.

    Parameters
    ----------
    variant
        Of an endpoint.
    hosting
        Of the variant.
    label
        What its lines start with: empty, or its name.
    price_of
        Returns an item's price in the region.
    """
    least, most = instance_bounds(variant, hosting)
    kind: Kind = "async-instance" if isinstance(hosting, AsyncHosting) else "real-time-instance"
    item = Item(kind, hosting.instance_type)
    yield CostLine(
        f"{label}{_number(least, most)} x {hosting.instance_type}",
        item,
        Decimal(least * HOURS_PER_MONTH),
        Decimal(most * HOURS_PER_MONTH),
        price_of(item),
    )
    if hosting.volume_size_in_gb is not None and not has_local_disks(hosting.instance_type):
        volume, size = Item("endpoint-volume"), hosting.volume_size_in_gb
        yield CostLine(
            f"{label}{_number(least, most)} x volume of {size} GB",
            volume,
            Decimal(least * size),
            Decimal(most * size),
            price_of(volume),
        )


def instance_bounds(variant: Variant, hosting: RealTimeHosting | AsyncHosting) -> tuple[int, int]:
    """Return the least and the most instances that a variant can have all month.

    Parameters
    ----------
    variant
        Of an endpoint.
    hosting
        Of the variant.
    """
    scaling = hosting.autoscaling
    if scaling is None or variant.is_shadow:
        return hosting.initial_instance_count, hosting.initial_instance_count
    return scaling.min_capacity, scaling.max_capacity


def _number(least: int, most: int) -> str:
    return str(least) if least == most else f"{least} to {most}"
