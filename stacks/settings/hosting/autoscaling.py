"""How an endpoint's capacity follows its load: one settings class per metric that AWS scales by."""

import math
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from stacks.settings.base import SettingsModel

_DEFAULT_COOLDOWN = 300  # Application Auto Scaling User Guide, "Target tracking scaling policies"


def _positive(value: float) -> float:
    if value > 0 and math.isfinite(value):
        return value
    raise ValueError(f"{value!r} is not allowed; allowed: a finite number, more than 0")


TargetValue = Annotated[float, AfterValidator(_positive)]
"""What a metric is kept at."""


class Autoscaling(SettingsModel):
    """The bounds and the pace (Application Auto Scaling API, ScalableTarget and TargetTrackingScalingPolicy)."""

    min_capacity: int = Field(default=1, ge=1)
    """The least capacity, whatever the load."""

    max_capacity: int = Field(ge=1)
    """The most capacity, whatever the load."""

    scale_in_cooldown: int = Field(default=_DEFAULT_COOLDOWN, ge=0)
    """How long after removing capacity nothing more is removed, in seconds."""

    scale_out_cooldown: int = Field(default=_DEFAULT_COOLDOWN, ge=0)
    """How long after adding capacity nothing more is added, in seconds."""


class InstanceAutoscaling(Autoscaling):
    """Instances of a real-time endpoint, by its requests."""

    predefined_metric_type: Literal[
        "SageMakerVariantInvocationsPerInstance", "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    ] = "SageMakerVariantInvocationsPerInstance"
    """Requests a minute and instance, or requests at once and model, which is measured every ten seconds."""

    target_value: TargetValue
    """What the metric is kept at."""


class ConcurrencyAutoscaling(Autoscaling):
    """Provisioned concurrency of a serverless endpoint, by how much of it is in use."""

    max_capacity: int = Field(ge=1, le=200)
    """The most provisioned concurrency; up to `max_concurrency`."""

    target_value: TargetValue = 0.7
    """The share of the provisioned concurrency that is in use, more than 0 and up to 1."""


class BacklogAutoscaling(Autoscaling):
    """Instances of an asynchronous endpoint, by the requests that wait for each."""

    min_capacity: int = Field(default=0, ge=0)
    """The least number of instances; with 0 an idle endpoint has none, and a request starts one."""

    target_value: TargetValue = 5.0
    """How many requests wait for each instance."""

    scale_in_cooldown: int = Field(default=600, ge=0)
    """How long after removing instances no more are removed, in seconds."""
