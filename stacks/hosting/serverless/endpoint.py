"""What serverless hosting writes into the stack of its endpoint."""

from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.dashboard_graph import REQUESTS, Graph, Lines
from stacks.hosting.graphs import request_graphs
from stacks.hosting.hosted_endpoint import HostedEndpoint
from stacks.hosting.serverless.graphs import serverless_graphs
from stacks.hosting.serverless.settings import ServerlessHosting
from stacks.settings import Container
from stacks.settings.observability import NotifyingAlarms
from stacks.watched_metric import WatchedMetric


class ServerlessEndpoint(HostedEndpoint[ServerlessHosting]):
    """A variant that SageMaker starts as requests come; parameters as of `HostedEndpoint`."""

    def variant_properties(self, hosting: ServerlessHosting, container: Container) -> dict[str, Any]:  # noqa: ARG002
        """Return memory and concurrency (SageMaker API, ProductionVariantServerlessConfig)."""
        return {
            "serverless_config": sagemaker.CfnEndpointConfig.ServerlessConfigProperty(
                memory_size_in_mb=hosting.memory_size_in_mb,
                max_concurrency=hosting.max_concurrency,
                provisioned_concurrency=hosting.provisioned_concurrency,
            )
        }

    def graphs(self, lines: Lines) -> Iterator[Graph]:
        """Yield the graphs of requests, then those of cold starts and concurrency."""
        yield from request_graphs(lines)
        yield from serverless_graphs(lines, is_provisioned=self.hosting.provisioned_concurrency is not None)

    def scale(self, scope: Construct, endpoint: cdk.CfnResource, endpoint_name: str, variant: str) -> None:
        """Have the provisioned concurrency follow its use."""
        from stacks.hosting.serverless.scaling import scale_concurrency  # noqa: PLC0415 (most go without)

        if self.hosting.autoscaling:
            scale_concurrency(scope, endpoint, endpoint_name, variant, self.hosting.autoscaling)

    def variant_alarms(self, thresholds: NotifyingAlarms, variant: str) -> Iterator[WatchedMetric]:
        """Yield the concurrency, beyond which requests are throttled."""
        if (busy := thresholds.concurrency_utilization_in_percent) is not None:
            what = f"more than {busy:g} % of max_concurrency is in use; requests beyond it are throttled"
            metric = "ServerlessConcurrentExecutionsUtilization"
            yield WatchedMetric("Concurrency", what, REQUESTS, metric, "Maximum", busy / 100, variant)
