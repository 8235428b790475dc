"""What endpoints are measured by, and the data that CloudWatch gets of it.

Names, units and meanings: SageMaker Developer Guide, "Metrics for monitoring Amazon SageMaker AI with Amazon
CloudWatch", "SageMaker AI endpoint invocation metrics".
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

_MINUTE = 60  # seconds; the resolution of the metrics
_LARGEST_DATUM = 150  # values; API_MetricDatum
Result = TypeVar("Result")


@dataclass
class Invocation:
    """One request that was sent to a variant, and how long it took."""

    account: str
    region: str
    endpoint_name: str
    variant_name: str
    ended: float = 0.0  # seconds since the epoch
    total: float = 0.0  # seconds
    model: float | None = None  # seconds; None where the container was not waited for to the end
    status: int = 200
    instances: int | None = None  # of the variant; serverless has none

    def time_model(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Call what sends the request to the container, and take its time for the model's."""
        started = time.perf_counter()
        try:
            return function(*arguments)
        finally:
            self.model = time.perf_counter() - started

    def values(self) -> Iterator[tuple[str, str, float]]:
        """Return the name, the unit and the value of each metric."""
        yield "Invocations", "None", 1.0
        if self.instances:
            yield "InvocationsPerInstance", "None", 1 / self.instances
        yield "Invocation4XXErrors", "None", float(400 <= self.status < 500)  # noqa: PLR2004 - HTTP's classes
        yield "Invocation5XXErrors", "None", float(self.status >= 500)  # noqa: PLR2004
        if self.model is not None:
            yield "ModelLatency", "Microseconds", _microseconds(self.model)
            yield "OverheadLatency", "Microseconds", _microseconds(self.total - self.model)


@dataclass
class Backlog:
    """How many requests of an asynchronous endpoint are not done, at a moment.

    Source: Developer Guide, "Monitor asynchronous endpoint" and "Autoscale an asynchronous endpoint".
    """

    account: str
    region: str
    endpoint_name: str
    backlog: int
    instances: int
    ended: float = field(default_factory=time.time)
    variant_name: None = None

    def values(self) -> Iterator[tuple[str, str, float]]:
        """Return the name, the unit and the value of each metric."""
        yield "ApproximateBacklogSize", "Count", float(self.backlog)
        if self.instances:
            yield "ApproximateBacklogSizePerInstance", "Count", self.backlog / self.instances
        yield "HasBacklogWithoutCapacity", "None", float(bool(self.backlog) and not self.instances)


@dataclass
class _Datum:
    """The values of one metric of one variant or endpoint in one minute."""

    unit: str = "None"
    newest: float = 0.0
    counts: Counter[float] = field(default_factory=Counter)


def metric_data(invocations: Iterable[Invocation | Backlog]) -> Iterator[dict[str, Any]]:
    """Return the ``MetricData`` of invocations: one datum for a metric of a variant in a minute, at its newest."""
    gathered: dict[tuple[str, str | None, int, str], _Datum] = defaultdict(_Datum)
    for invocation in invocations:
        minute = int(invocation.ended // _MINUTE)
        for name, unit, value in invocation.values():
            datum = gathered[invocation.endpoint_name, invocation.variant_name, minute, name]
            datum.unit, datum.newest = unit, max(datum.newest, invocation.ended)
            datum.counts[value] += 1
    for (endpoint_name, variant_name, _, name), datum in gathered.items():
        values = sorted(datum.counts)
        for first in range(0, len(values), _LARGEST_DATUM):
            part = values[first : first + _LARGEST_DATUM]
            yield {
                "MetricName": name,
                "Dimensions": [
                    {"Name": "EndpointName", "Value": endpoint_name},
                    *([{"Name": "VariantName", "Value": variant_name}] if variant_name is not None else []),
                ],
                "Timestamp": datetime.fromtimestamp(datum.newest, UTC),
                "Unit": datum.unit,
                "Values": part,
                "Counts": [float(datum.counts[value]) for value in part],
            }


def _microseconds(seconds: float) -> float:
    """Return a latency with two significant digits: so few values that long traffic takes little memory."""
    return float(f"{max(seconds, 0.0) * 1e6:.1e}")
