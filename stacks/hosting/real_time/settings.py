"""The settings of `hosting.type: real-time`."""

from typing import ClassVar, Literal

from stacks.hosting.autoscaling import Autoscaling, TargetValue
from stacks.hosting.instances.settings import InstanceHosting
from stacks.hosting.way import HostedClass


class InstanceAutoscaling(Autoscaling):
    """Instances of a real-time endpoint, by its requests."""

    predefined_metric_type: Literal[
        "SageMakerVariantInvocationsPerInstance", "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    ] = "SageMakerVariantInvocationsPerInstance"
    """Requests a minute and instance, or requests at once and model, which is measured every ten seconds."""

    target_value: TargetValue
    """What the metric is kept at."""


class RealTimeHosting(InstanceHosting):
    """Instances of the endpoint's own, always on."""

    is_watched: ClassVar[bool] = True

    type: Literal["real-time"]
    """SageMaker real-time inference."""

    routing_strategy: Literal["LEAST_OUTSTANDING_REQUESTS", "RANDOM"] = "LEAST_OUTSTANDING_REQUESTS"
    """Which instance gets a request: the one with the fewest that wait there, or any."""

    autoscaling: InstanceAutoscaling | None = None
    """The number of instances follows the load; left out: it stays."""

    @classmethod
    def in_stack(cls) -> HostedClass:
        """Return what writes it into a stack."""
        from stacks.hosting.real_time.endpoint import RealTimeEndpoint  # noqa: PLC0415 (it imports the CDK)

        return RealTimeEndpoint
