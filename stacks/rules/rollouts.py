"""An endpoint's DeploymentConfig, as the rules look at it."""

from functools import cached_property

from stacks.rules.scaling import targets
from stacks.rules.template import Node
from stacks.rules.views import Endpoint, Variant


class Rollout:
    """How an endpoint is updated.

    Parameters
    ----------
    endpoint
        One that has a DeploymentConfig.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.node = endpoint.at("DeploymentConfig")
        self.blue_green = self.node.at("BlueGreenUpdatePolicy")
        self.rolling = self.node.at("RollingUpdatePolicy")
        self.routing = self.blue_green.at("TrafficRoutingConfiguration")
        self.alarms = self.node.at("AutoRollbackConfiguration", "Alarms")

    @property
    def has_policy(self) -> bool:
        """Whether it certainly has an update policy."""
        return self.blue_green.present or self.rolling.present

    @property
    def routing_type(self) -> str | None:
        """ALL_AT_ONCE, CANARY or LINEAR; None when it is not certain, or rolling."""
        return self.routing.at("Type").text

    @property
    def _policy(self) -> Node:
        return self.rolling if self.rolling.present else self.blue_green

    @property
    def wait(self) -> Node:
        """The baking time, in seconds."""
        return (self.rolling if self.rolling.present else self.routing).at("WaitIntervalInSeconds")

    @property
    def longest(self) -> Node:
        """What the deployment may take, in seconds."""
        return self._policy.at("MaximumExecutionTimeoutInSeconds")

    @property
    def step_percent(self) -> float | None:
        """The part of the instances that each of several equal steps takes; None when it is not certain."""
        step = self.rolling.at("MaximumBatchSize") if self.rolling.present else self.routing.at("LinearStepSize")
        in_steps = self.rolling.present or self.routing_type == "LINEAR"
        value = step.at("Value").number
        return value if in_steps and value and value > 0 and step.at("Type").text == "CAPACITY_PERCENT" else None

    @cached_property
    def fixed_counts(self) -> list[tuple[Variant, float]]:
        """The variants whose number of instances is literal, and neither retained nor scaled, with that number."""
        retain = self.endpoint.at("RetainAllVariantProperties")
        if not (retain.absent or retain.flag is False) or targets(self.endpoint):
            return []
        counted = [(variant, variant.at("InitialInstanceCount").number) for variant in self.endpoint.variants]
        return [(variant, count) for variant, count in counted if count]
