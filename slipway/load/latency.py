"""How long answers took, in a few figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Latency:
    """Figures of a number of answers, in milliseconds.

    Parameters
    ----------
    mean, p50, p95, p99, max
        A percentile is the smallest time within which so many percent of the answers came.
    """

    mean: float
    p50: float
    p95: float
    p99: float
    max: float


def latency_of(seconds: Sequence[float]) -> Latency | None:
    """Return the figures of some times in seconds, None where there are none."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    return Latency(
        mean=_milliseconds(math.fsum(ordered) / len(ordered)),
        p50=_milliseconds(percentile(ordered, 50)),
        p95=_milliseconds(percentile(ordered, 95)),
        p99=_milliseconds(percentile(ordered, 99)),
        max=_milliseconds(ordered[-1]),
    )


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Return a percentile by nearest rank: always a value that was measured.

    Parameters
    ----------
    ordered
        Values from the smallest on, at least one.
    percent
        From 1 to 100.
    """
    return ordered[-(-len(ordered) * percent // 100) - 1]


def _milliseconds(seconds: float) -> float:
    return round(1000 * seconds, 3)
