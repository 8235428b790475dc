"""What asynchronous hosting writes into the stack of its endpoint."""

from collections.abc import Iterator, Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.dashboard_graph import REQUESTS, Graph, Lines
from stacks.hosting.asynchronous.graphs import queue_graphs
from stacks.hosting.asynchronous.inference import AsyncInference
from stacks.hosting.asynchronous.settings import AsyncHosting
from stacks.hosting.hosted_endpoint import HostedEndpoint
from stacks.hosting.instances.graphs import instance_graphs
from stacks.hosting.instances.properties import instance_properties
from stacks.settings import Container
from stacks.settings.observability import NotifyingAlarms
from stacks.watched_metric import WatchedMetric


class AsyncEndpoint(HostedEndpoint[AsyncHosting]):
    """Instances behind a queue; parameters as of `HostedEndpoint`."""

    def __init__(
        self, scope: Construct, *, hosting: AsyncHosting, endpoint: str, bucket: str, topics_key: str | None
    ) -> None:
        super().__init__(scope, hosting=hosting, endpoint=endpoint, bucket=bucket, topics_key=topics_key)
        self._inference = AsyncInference(
            scope, "Async", hosting=hosting, endpoint=endpoint, bucket=bucket, topics_key=topics_key
        )

    def variant_properties(self, hosting: AsyncHosting, container: Container) -> dict[str, Any]:
        """Return the properties of the instances."""
        return instance_properties(hosting, container)

    def graphs(self, lines: Lines) -> Iterator[Graph]:
        """Yield the graphs of the queue, then those of instances."""
        yield from queue_graphs(lines)
        yield from instance_graphs(lines)

    def config_properties(self) -> dict[str, Any]:
        """Return where answers go, and who hears of them."""
        return {"async_inference_config": self._inference.config()}

    @property
    def makes_topics(self) -> bool:
        """Whether the settings have a topic made."""
        return self._inference.makes_topics

    def role_statements(self) -> list[iam.PolicyStatement]:
        """Let the execution role publish to the topics."""
        return self._inference.role_statements()

    def outputs(self) -> Mapping[str, str]:
        """Return where callers put requests."""
        return {"AsyncInputLocation": self._inference.input_location}

    def scale(self, scope: Construct, endpoint: cdk.CfnResource, endpoint_name: str, variant: str) -> None:
        """Have the number of instances follow the backlog."""
        from stacks.hosting.asynchronous.scaling import scale_by_backlog  # noqa: PLC0415 (not all scale)

        if self.hosting.autoscaling:
            scale_by_backlog(scope, endpoint, endpoint_name, variant, self.hosting.autoscaling)

    def endpoint_alarms(self, thresholds: NotifyingAlarms) -> Iterator[WatchedMetric]:
        """Yield how long the oldest request has waited."""
        if (age := thresholds.age_of_oldest_request_in_seconds) is not None:
            what = f"a request has waited longer than {age} s"
            yield WatchedMetric("Backlog", what, REQUESTS, "ApproximateAgeOfOldestRequest", "Maximum", age, None)
