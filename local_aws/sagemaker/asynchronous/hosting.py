"""The queues of all asynchronous endpoints."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from local_aws import ministack_seam as seam
from local_aws.api_error import ApiError
from local_aws.api_model import ApiModel
from local_aws.sagemaker.asgi import Answer
from local_aws.sagemaker.asynchronous.invocation import AsyncInvocation, Outcomes
from local_aws.sagemaker.asynchronous.queue import Capacity, RequestQueue
from local_aws.sagemaker.asynchronous.request import accepted, queued
from local_aws.sagemaker.fleet import Fleet
from local_aws.sagemaker.fleets import Key
from local_aws.sagemaker.metric_data import Backlog
from local_aws.sagemaker.metrics import InvocationMetrics
from local_aws.sagemaker.resources import Record
from local_aws.sagemaker.role_rights import RoleRights
from local_aws.sagemaker.variant import RunningVariant

_MEMBER = "AsyncRequests"  # the member of an endpoint's record that holds what waits
_CONCURRENCY = 4  # requests at once for an instance; "SageMaker chooses an optimal value" where none is given
_CONFIG = "AsyncInferenceConfig"


@dataclass
class _Hosted:
    queue: RequestQueue
    outcomes: Outcomes


class AsyncInference:
    """Takes requests for asynchronous endpoints.

    Parameters
    ----------
    find_running
        Returns the variants of an endpoint that take requests now, by account, region and name.
    metrics
        What counts invocations, and is told the backlog.
    rights
        Gives clients of the execution roles.
    on_change
        Called when a queue changed.
    """

    def __init__(
        self,
        find_running: Callable[[str, str, str], list[RunningVariant]],
        metrics: InvocationMetrics,
        rights: RoleRights,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._find_running = find_running
        self._metrics = metrics
        self._on_change = on_change
        self._invocation = AsyncInvocation(self, metrics, rights)
        self._hosted: dict[Key, _Hosted] = {}
        self._hosting = threading.Lock()
        self._api_model = ApiModel("sagemaker-runtime")

    def running(self, account: str, region: str, name: str) -> list[RunningVariant]:
        """Return the variants that take requests now."""
        return self._find_running(account, region, name)

    def submit(self, endpoint_name: str, headers: dict[str, str], body: bytes) -> Answer:
        """Queue a request, and answer where its outcome will be.

        Raises
        ------
        ApiError
            For a request that the API refuses, or an endpoint that takes none.
        """
        hosted = self._hosted.get(_key(endpoint_name))
        if hosted is None:
            raise ApiError("ValidationError", f"Endpoint {endpoint_name} of account {seam.account()} not found.")
        request = queued(hosted.outcomes.endpoint_name, headers, body, hosted.outcomes.output, self._api_model)
        hosted.queue.add(request)
        return accepted(request)

    def serves(self, record: Record, fleet: Fleet) -> None:
        """Take the capacity and the paths of the fleet that an endpoint has now."""
        key, config = _key(record["EndpointName"]), fleet.config.get(_CONFIG)
        if config is None:
            self.ends(record)
            return
        outcomes = Outcomes(record["EndpointName"], config["OutputConfig"], fleet.production[0].role_arn)
        concurrency = config.get("ClientConfig", {}).get("MaxConcurrentInvocationsPerInstance", _CONCURRENCY)
        capacity = Capacity(sum(variant.instance_count or 0 for variant in fleet.production), concurrency)
        with self._hosting:
            if hosted := self._hosted.get(key):
                hosted.outcomes = outcomes
                hosted.queue.resize(capacity)
            else:
                self._hosted[key] = _Hosted(self._new_queue(record, key, capacity), outcomes)

    def ends(self, record: Record) -> None:
        """Give the queue of an endpoint up; what waits in it is lost, as on AWS."""
        with self._hosting:
            hosted = self._hosted.pop(_key(record["EndpointName"]), None)
        if hosted:
            hosted.queue.stop()
            record.pop(_MEMBER, None)

    def stop(self) -> None:
        """Start no more requests; what waits is kept for the next start."""
        with self._hosting:
            hosted = list(self._hosted.values())
        for each in hosted:  # without the lock: a request that starts just now asks for it
            each.queue.stop()
        with self._hosting:
            self._hosted.clear()

    def _new_queue(self, record: Record, key: Key, capacity: Capacity) -> RequestQueue:
        def run(request: Record) -> bool:
            with self._hosting:
                hosted = self._hosted.get(key)
            return hosted is not None and self._invocation.run(request, hosted.outcomes)

        def sample(backlog: int, instances: int) -> None:
            self._metrics.put(Backlog(key[0], key[1], record["EndpointName"], backlog, instances))

        return RequestQueue(record.setdefault(_MEMBER, []), run, sample, self._on_change, capacity)


def _key(endpoint_name: str) -> Key:
    return seam.account(), seam.region(), endpoint_name.lower()
