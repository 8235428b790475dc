"""What real-time hosting writes into the stack of its endpoint."""

from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.dashboard_graph import Graph, Lines
from stacks.hosting.graphs import request_graphs
from stacks.hosting.hosted_endpoint import HostedEndpoint
from stacks.hosting.instances.graphs import instance_graphs
from stacks.hosting.instances.properties import instance_properties
from stacks.hosting.real_time.settings import RealTimeHosting
from stacks.settings import Container


class RealTimeEndpoint(HostedEndpoint[RealTimeHosting]):
    """Instances that answer the requests themselves; parameters as of `HostedEndpoint`."""

    def variant_properties(self, hosting: RealTimeHosting, container: Container) -> dict[str, Any]:
        """Return the properties of the instances, and which of them gets a request."""
        routing = sagemaker.CfnEndpointConfig.RoutingConfigProperty(routing_strategy=hosting.routing_strategy)
        return {**instance_properties(hosting, container), "routing_config": routing}

    def graphs(self, lines: Lines) -> Iterator[Graph]:
        """Yield the graphs of requests, then those of instances."""
        yield from request_graphs(lines)
        yield from instance_graphs(lines)

    def scale(self, scope: Construct, endpoint: cdk.CfnResource, endpoint_name: str, variant: str) -> None:
        """Have the number of instances follow the requests."""
        from stacks.hosting.real_time.scaling import scale_instances  # noqa: PLC0415 (most endpoints go without)

        if self.hosting.autoscaling:
            scale_instances(scope, endpoint, endpoint_name, variant, self.hosting.autoscaling)
