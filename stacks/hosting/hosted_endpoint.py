"""What a way to host writes into the stack of its endpoint: the stacks ask for this, each way answers."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.dashboard_graph import Graph, Lines
from stacks.hosting.way import HostingWay
from stacks.settings import Container
from stacks.settings.observability import NotifyingAlarms
from stacks.watched_metric import WatchedMetric

Way = TypeVar("Way", bound=HostingWay)


class HostedEndpoint(ABC, Generic[Way]):
    """One endpoint, hosted in one way; what a subclass leaves out, that way does not have.

    Parameters
    ----------
    scope
        The endpoint's stack.
    hosting
        Of the endpoint's settings.
    endpoint
        The endpoint's name in the settings.
    bucket
        The artifact bucket's name.
    topics_key
        The ARN of the KMS key of the topics that are made; None for none.
    """

    def __init__(
        self, scope: Construct, *, hosting: Way, endpoint: str, bucket: str, topics_key: str | None
    ) -> None:
        self.scope = scope
        self.hosting = hosting
        self.endpoint = endpoint
        self.bucket = bucket
        self.topics_key = topics_key

    @abstractmethod
    def variant_properties(self, hosting: Way, container: Container) -> dict[str, Any]:
        """Return the properties of a variant that say how it is hosted (SageMaker API, ProductionVariant).

        Parameters
        ----------
        hosting
            The endpoint's, with what the variant has of its own in place.
        container
            Of the variant.
        """

    @abstractmethod
    def graphs(self, lines: Lines) -> Iterable[Graph]:
        """Yield the graphs of the dashboard, which tell whether the endpoint is up, how slow and how full."""

    def config_properties(self) -> dict[str, Any]:
        """Return what the endpoint config has beside its variants (SageMaker API, CreateEndpointConfig)."""
        return {}

    @property
    def makes_topics(self) -> bool:
        """Whether it makes topics that the execution role publishes to."""
        return False

    def role_statements(self) -> list[iam.PolicyStatement]:
        """Let the execution role do what it needs beside `HostingWay.role_access`."""
        return []

    def outputs(self) -> Mapping[str, str]:
        """Return the stack's outputs that are its own."""
        return {}

    def scale(self, scope: Construct, endpoint: cdk.CfnResource, endpoint_name: str, variant: str) -> None:
        """Register a variant with Application Auto Scaling; only asked where the settings have `autoscaling`.

        Parameters
        ----------
        scope
            Where target and policies go.
        endpoint
            The endpoint's resource, which must be there first.
        endpoint_name
            Its name.
        variant
            The variant's name.
        """
        raise NotImplementedError

    def variant_alarms(
        self,
        thresholds: NotifyingAlarms,  # noqa: ARG002 (for those that have some)
        variant: str,  # noqa: ARG002
    ) -> Iterable[WatchedMetric]:
        """Yield what alarms watch of a variant beside what they watch of every one.

        Parameters
        ----------
        thresholds
            Of the settings; one that is None has no alarm.
        variant
            The variant's name.
        """
        return ()

    def endpoint_alarms(self, thresholds: NotifyingAlarms) -> Iterable[WatchedMetric]:  # noqa: ARG002
        """Yield what alarms watch of the endpoint as a whole; parameters as of `variant_alarms`."""
        return ()
