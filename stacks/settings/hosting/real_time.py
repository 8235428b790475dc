"""`hosting.type: real-time`."""

from typing import ClassVar, Literal

from stacks.settings.hosting.autoscaling import InstanceAutoscaling
from stacks.settings.hosting.instances import InstanceHosting


class RealTimeHosting(InstanceHosting):
    """Instances of the endpoint's own, always on."""

    is_watched: ClassVar[bool] = True

    type: Literal["real-time"]
    """SageMaker real-time inference."""

    routing_strategy: Literal["LEAST_OUTSTANDING_REQUESTS", "RANDOM"] = "LEAST_OUTSTANDING_REQUESTS"
    """Which instance gets a request: the one with the fewest that wait there, or any."""

    autoscaling: InstanceAutoscaling | None = None
    """The number of instances follows the load; left out: it stays."""

    @property
    def steady_instance_count(self) -> int:
        """How many instances there are at the least."""
        return self.autoscaling.min_capacity if self.autoscaling else self.initial_instance_count
