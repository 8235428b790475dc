"""How much capacity a scaling policy wants.

Source: Application Auto Scaling User Guide, "How target tracking scaling works" and "How step scaling works".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_NEARLY = 1e-9  # what a division may be off


def tracked(current: int, metric: float, target: float) -> int:
    """Return the capacity that brings a metric of each unit of capacity to its target."""
    return math.ceil(current * metric / target - _NEARLY)


def stepped(current: int, config: Mapping[str, Any], beyond: float) -> int | None:
    """Return the capacity after the step adjustment for a breach, None when there is none for it.

    Parameters
    ----------
    config
        The ``StepScalingPolicyConfiguration``.
    beyond
        How far the metric is above the alarm's threshold; negative below it.
    """
    step = next((each for each in config.get("StepAdjustments", []) if _covers(each, beyond)), None)
    if step is None:
        return None
    adjustment = int(step["ScalingAdjustment"])
    kind = config.get("AdjustmentType", "ChangeInCapacity")
    if kind == "ExactCapacity":
        return adjustment
    if kind == "PercentChangeInCapacity":
        change = _whole(current * adjustment / 100)
        smallest = int(config.get("MinAdjustmentMagnitude", 1))
        return current + int(math.copysign(max(abs(change), smallest), adjustment))
    return current + adjustment


def _covers(step: Mapping[str, Any], beyond: float) -> bool:
    """Whether a step is for a breach: above the threshold the lower bound is inclusive, below it the upper one."""
    low = step.get("MetricIntervalLowerBound")
    high = step.get("MetricIntervalUpperBound")
    low, high = -math.inf if low is None else float(low), math.inf if high is None else float(high)
    return low <= beyond < high if beyond >= 0 else low < beyond <= high


def _whole(change: float) -> int:
    """Round as AWS does: towards zero, but what is between 0 and 1 is 1, and between -1 and 0 is -1."""
    if 0 < abs(change) < 1:
        return int(math.copysign(1, change))
    return math.trunc(change)
