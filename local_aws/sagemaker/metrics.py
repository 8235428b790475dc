"""The invocation metrics of endpoints, published to the local CloudWatch.

Names, units and meanings: SageMaker Developer Guide, "Metrics for monitoring Amazon SageMaker AI with Amazon
CloudWatch", "SageMaker AI endpoint invocation metrics".
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from local_aws import ministack_seam as seam
from local_aws.self_client import SelfClients

NAMESPACE = "AWS/SageMaker"
_LOG = logging.getLogger(__name__)
_INTERVAL = 0.5  # seconds that invocations are gathered for
_MINUTE = 60  # seconds; the resolution of the metrics
_LARGEST_REQUEST = 100  # data; API_PutMetricData takes 1000
_LARGEST_DATUM = 150  # values; API_MetricDatum
_LAST_PUBLICATION = 5.0  # seconds that it may take
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
        yield "Invocation4XXErrors", "None", float(400 <= self.status < 500)  # noqa: PLR2004 - HTTP's classes
        yield "Invocation5XXErrors", "None", float(self.status >= 500)  # noqa: PLR2004
        if self.model is not None:
            yield "ModelLatency", "Microseconds", _microseconds(self.model)
            yield "OverheadLatency", "Microseconds", _microseconds(self.total - self.model)


@dataclass
class _Datum:
    """The values of one metric of one variant in one minute."""

    unit: str = "None"
    newest: float = 0.0
    counts: Counter[float] = field(default_factory=Counter)


class InvocationMetrics:
    """Takes invocations without waiting and publishes them from a thread of its own.

    Parameters
    ----------
    clients
        Make the client of CloudWatch, in the account and region of the endpoint.
    """

    def __init__(self, clients: SelfClients) -> None:
        self._clients = clients
        self._waiting: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="invocation metrics", daemon=True)

    def start(self) -> None:
        """Begin to publish."""
        self._thread.start()

    def stop(self) -> None:
        """Publish what is still to be published, while the server still answers, and end."""
        self._stopping.set()
        self._waiting.put(None)
        self._thread.join(_LAST_PUBLICATION)

    @contextmanager
    def invocation(self, endpoint_name: str, variant_name: str, received: float) -> Iterator[Invocation]:
        """Count what happens in the block as one invocation of a variant.

        Parameters
        ----------
        received
            When the request came, of ``time.perf_counter``.
        """
        invocation = Invocation(seam.account(), seam.region(), endpoint_name, variant_name)
        try:
            yield invocation
        except Exception as error:
            original = getattr(error, "members", {}).get("OriginalStatusCode", 0)
            invocation.status = original if 400 <= original < 500 else 500  # noqa: PLR2004
            raise
        finally:
            invocation.ended = time.time()
            invocation.total = time.perf_counter() - received
            self._waiting.put(invocation)

    def _run(self) -> None:
        ended = False
        while not ended:
            gathered = [self._waiting.get()]
            self._stopping.wait(_INTERVAL)
            while not self._waiting.empty():
                gathered.append(self._waiting.get())
            ended = None in gathered
            self._publish(invocation for invocation in gathered if invocation)

    def _publish(self, invocations: Iterable[Invocation]) -> None:
        by_scope: dict[tuple[str, str], list[Invocation]] = defaultdict(list)
        for invocation in invocations:
            by_scope[invocation.account, invocation.region].append(invocation)
        for (account, region), group in by_scope.items():
            data = list(metric_data(group))
            with seam.request_scope(account, region):
                for first in range(0, len(data), _LARGEST_REQUEST):
                    self._put(data[first : first + _LARGEST_REQUEST])

    def _put(self, data: list[dict[str, Any]]) -> None:
        try:
            self._clients.client("cloudwatch").put_metric_data(Namespace=NAMESPACE, MetricData=data)
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            _LOG.warning("Metrics of invocations were lost: %s", error)


def metric_data(invocations: Iterable[Invocation]) -> Iterator[dict[str, Any]]:
    """Return the ``MetricData`` of invocations: one datum for a metric of a variant in a minute, at its newest."""
    gathered: dict[tuple[str, str, int, str], _Datum] = defaultdict(_Datum)
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
                    {"Name": "VariantName", "Value": variant_name},
                ],
                "Timestamp": datetime.fromtimestamp(datum.newest, UTC),
                "Unit": datum.unit,
                "Values": part,
                "Counts": [float(datum.counts[value]) for value in part],
            }


def _microseconds(seconds: float) -> float:
    """Return a latency with two significant digits: so few values that long traffic takes little memory."""
    return float(f"{max(seconds, 0.0) * 1e6:.1e}")
