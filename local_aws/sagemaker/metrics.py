"""The invocation metrics of endpoints, published to the local CloudWatch.

Names, units and meanings: SageMaker Developer Guide, "Metrics for monitoring Amazon SageMaker AI with Amazon
CloudWatch", "SageMaker AI endpoint invocation metrics".
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from local_aws import ministack_seam as seam
from local_aws.sagemaker.metric_data import Backlog, Invocation, metric_data
from local_aws.self_client import SelfClients

NAMESPACE = "AWS/SageMaker"
_LOG = logging.getLogger(__name__)
_INTERVAL = 0.5  # seconds that invocations are gathered for
_LARGEST_REQUEST = 100  # data; API_PutMetricData takes 1000
_LAST_PUBLICATION = 5.0  # seconds that it may take


class InvocationMetrics:
    """Takes invocations without waiting and publishes them from a thread of its own.

    Parameters
    ----------
    clients
        Make the client of CloudWatch, in the account and region of the endpoint.
    """

    def __init__(self, clients: SelfClients) -> None:
        self._clients = clients
        self._waiting: queue.SimpleQueue[Invocation | Backlog | None] = queue.SimpleQueue()
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

    def put(self, backlog: Backlog) -> None:
        """Take a sample of a backlog."""
        self._waiting.put(backlog)

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

    def _publish(self, invocations: Iterable[Invocation | Backlog]) -> None:
        by_scope: dict[tuple[str, str], list[Invocation | Backlog]] = defaultdict(list)
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
