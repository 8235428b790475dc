"""How an endpoint's capacity follows its load: what the settings of every metric have."""

import math
from typing import Annotated

from pydantic import AfterValidator, Field

from stacks.settings_common.base import SettingsModel

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
