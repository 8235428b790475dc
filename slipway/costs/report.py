"""Costs as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from slipway.costs.break_even import BreakEven
from slipway.costs.cost import HOURS_PER_MONTH, CostLine, EndpointCost, EnvironmentCost, Traffic
from slipway.costs.estimate import NOT_COUNTED

_CENT = Decimal("0.01")


def cost_facts(
    cost: EnvironmentCost, traffic: Traffic | None, even: Sequence[BreakEven], ms_per_request: Decimal | None
) -> dict[str, Any]:
    """Return an estimate as JSON has it; US dollars and quantities are of one month.

    Parameters
    ----------
    cost
        The estimate.
    traffic
        What it is for.
    even
        Where instances become cheaper.
    ms_per_request
        How long a request takes; None where it is not known.
    """
    return {
        "environment": cost.name,
        "region": cost.region,
        "currency": "USD",
        "hours_per_month": HOURS_PER_MONTH,
        "requests_per_month": traffic and traffic.requests_per_month,
        "ms_per_request": _number(ms_per_request),
        "lower": _number(cost.lower),
        "upper": _number(cost.upper),
        "partial": bool(cost.unpriced),
        "unpriced": list(cost.unpriced),
        "endpoints": [
            {
                "name": endpoint.name,
                "lower": _number(endpoint.lower),
                "upper": _number(endpoint.upper),
                "unpriced": list(endpoint.unpriced),
                "notes": list(endpoint.notes),
                "lines": [_line_facts(line) for line in endpoint.lines],
            }
            for endpoint in cost.endpoints
        ],
        "break_even": [
            {
                "instance_type": one.instance_type,
                "memory_size_in_mb": one.memory_size_in_mb,
                "seconds_per_month": _number(one.seconds),
                "mean_concurrency": _number(one.mean_concurrency),
                "requests_per_month": ms_per_request and one.requests_per_month(ms_per_request),
            }
            for one in even
        ],
        "not_counted": list(NOT_COUNTED),
    }


def print_costs(cost: EnvironmentCost, even: Sequence[BreakEven], ms_per_request: Decimal | None) -> None:
    """Print an estimate for people; parameters as of `cost_facts`."""
    typer.echo(
        f"{cost.name}: US dollars for a month of {HOURS_PER_MONTH} hours in {cost.region}, on-demand prices"
    )
    if cost.endpoints:
        Console().print(_cost_table(cost))
    else:
        typer.echo(f"Environment {cost.name} has no endpoints, and what is counted costs nothing")
    if even:
        typer.echo(f"\n{_even_title(ms_per_request)}")
        Console().print(_even_table(even, ms_per_request))
    typer.echo("\n" + "\n".join(_remarks(cost)))


def dollars(value: Decimal | None) -> str:
    """Return an amount as text: with cents, `?` where it is not known."""
    if value is None:
        return "?"
    return "<0.01" if 0 < value < _CENT else f"{value:,.2f}"


def _line_facts(line: CostLine) -> dict[str, Any]:
    return {
        "what": line.what,
        "kind": line.item.kind,
        "name": line.item.name,
        "unit": line.item.unit,
        "quantity_lower": _number(line.quantity_lower),
        "quantity_upper": _number(line.quantity_upper),
        "usd_per_unit": line.price and _number(line.price.usd),
        "price_date": line.price and line.price.date,
        "price_source": line.price and line.price.source,
        "lower": _number(line.lower),
        "upper": _number(line.upper),
    }


def _cost_table(cost: EnvironmentCost) -> Table:
    table = Table("endpoint", "price", box=None, pad_edge=False)
    table.add_column("at least", justify="right")
    table.add_column("at most", justify="right")
    for endpoint in cost.endpoints:
        table.add_row(endpoint.name, "", *_sums(endpoint))
        for line in endpoint.lines:
            price = f"{line.price.usd.normalize():f} a {line.item.unit}" if line.price else "not known"
            table.add_row(f"  {line.what}", price, dollars(line.lower), dollars(line.upper))
    table.add_row("total (partial)" if cost.unpriced else "total", "", *_sums(cost))
    return table


def _sums(cost: EnvironmentCost | EndpointCost) -> tuple[str, str]:
    """Return both sums as text; `+ ?` says that something in them has no price."""
    unknown = " + ?" if cost.unpriced else ""
    least, most = (f"{dollars(one)}{unknown if one is not None else ''}" for one in (cost.lower, cost.upper))
    return least, most


def _even_title(ms_per_request: Decimal | None) -> str:
    if ms_per_request is None:
        return "An instance costs less than serverless inference from so many hours of requests a month:"
    length = f"{ms_per_request.normalize():f} ms"
    return f"An instance costs less than serverless inference from so many requests of {length} a month:"


def _even_table(even: Sequence[BreakEven], ms_per_request: Decimal | None) -> Table:
    table = Table("instance", "against", box=None, pad_edge=False)
    table.add_column("hours" if ms_per_request is None else "requests", justify="right")
    table.add_column("at once, on average", justify="right")
    for one in even:
        amount = one.seconds / 3600 if ms_per_request is None else Decimal(one.requests_per_month(ms_per_request))
        table.add_row(
            one.instance_type, f"{one.memory_size_in_mb} MB", f"{amount:,.0f}", f"{one.mean_concurrency:.2f}"
        )
    return table


def _remarks(cost: EnvironmentCost) -> Iterator[str]:
    for endpoint in cost.endpoints:
        for note in endpoint.notes:
            yield f"{endpoint.name}: {note}."
    for missing in cost.unpriced:
        yield f"No price is known for {missing} in {cost.region}; the total is without it."
    if cost.unpriced:
        yield f"Ask AWS for prices: slipway costs --update --env {cost.name}"
    if cost.prices:
        days = [price.date for price in cost.prices]
        span = min(days) if min(days) == max(days) else f"{min(days)} to {max(days)}"
        yield f"The prices are of {span}; --json has their sources."
    yield f"Not counted: {'; '.join(NOT_COUNTED)}."


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
