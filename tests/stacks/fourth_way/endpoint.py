"""What it writes into the stack of its endpoint."""

from collections.abc import Iterator, Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.dashboard_graph import REQUESTS, Graph, Lines
from stacks.hosting.hosted_endpoint import HostedEndpoint
from stacks.hosting.instances.graphs import instance_graphs
from stacks.hosting.instances.properties import instance_properties
from stacks.hosting.scalable_target import CustomMetric, scalable_target, target_tracking
from stacks.settings import Container
from stacks.settings.observability import NotifyingAlarms
from stacks.topics import made_topic
from stacks.watched_metric import WatchedMetric

from .settings import ReportedHosting


class ReportedEndpoint(HostedEndpoint[ReportedHosting]):
    """Instances that report."""

    def __init__(self, scope: Construct, **properties: Any) -> None:
        super().__init__(scope, **properties)
        self._topic = made_topic(scope, "ReportTopic", key_arn=self.topics_key) if self.makes_topics else None

    @property
    def makes_topics(self) -> bool:
        return self.hosting.report_topic is not None

    def variant_properties(self, hosting: ReportedHosting, container: Container) -> dict[str, Any]:
        return {**instance_properties(hosting, container), "enable_ssm_access": True}

    def config_properties(self) -> dict[str, Any]:
        return {"enable_network_isolation": True}

    def role_statements(self) -> list[iam.PolicyStatement]:
        if not self._topic:
            return []
        return [iam.PolicyStatement(sid="NotifyOfReports", actions=["sns:Publish"], resources=[self._topic.ref])]

    def outputs(self) -> Mapping[str, str]:
        return {"Reports": f"s3://{self.bucket}/{self.hosting.prefix(self.endpoint)}"}

    def graphs(self, lines: Lines) -> Iterator[Graph]:
        yield Graph("What is reported?", "reports", tuple(lines.each("Reports", "Sum", "reports")))
        yield from instance_graphs(lines)

    def scale(self, scope: Construct, endpoint: cdk.CfnResource, endpoint_name: str, variant: str) -> None:
        scaling = self.hosting.autoscaling
        assert scaling
        metric = CustomMetric(namespace=REQUESTS, metric_name="UnwrittenReports", statistic="Average")
        target = scalable_target(scope, endpoint, endpoint_name, variant, scaling)
        target_tracking(scope, target, scaling, name="reports", target_value=scaling.target_value, metric=metric)

    def variant_alarms(self, thresholds: NotifyingAlarms, variant: str) -> Iterator[WatchedMetric]:
        most = thresholds.unwritten_reports
        yield WatchedMetric("Unwritten", "reports wait", REQUESTS, "UnwrittenReports", "Maximum", most, variant)
