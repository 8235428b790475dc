"""The steps of an update, by its ``DeploymentConfig`` (Developer Guide, "Deployment guardrails").

A step moves a share of the requests to the new fleet; then the alarms are watched for the baking period.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_WHOLE = 100  # per cent


@dataclass(frozen=True)
class Plan:
    """How the requests move to a new fleet.

    Parameters
    ----------
    shares
        The new fleet's share of the requests after each step; the last is 1.
    bake
        Seconds that the alarms are watched after each step.
    termination_wait
        Seconds between the end of the last baking and the end of the old fleet.
    limit
        Seconds that the whole may take, None without a limit.
    alarms
        The names of the alarms that roll it back.
    """

    shares: tuple[float, ...] = (1.0,)
    bake: float = 0.0
    termination_wait: float = 0.0
    limit: float | None = None
    alarms: tuple[str, ...] = ()


def plan_of(deployment: Mapping[str, Any] | None, instance_count: int) -> Plan:
    """Return the steps of a ``DeploymentConfig``; without one everything moves at once.

    Parameters
    ----------
    instance_count
        Of the variants, which a capacity size in instances is a part of.
    """
    if not deployment:
        return Plan()
    alarms = tuple(
        each["AlarmName"]
        for each in deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])
        if "AlarmName" in each
    )
    if rolling := deployment.get("RollingUpdatePolicy"):
        return Plan(
            shares=_steps(part(rolling["MaximumBatchSize"], instance_count)),
            bake=rolling["WaitIntervalInSeconds"],
            limit=rolling.get("MaximumExecutionTimeoutInSeconds"),
            alarms=alarms,
        )
    blue_green = deployment.get("BlueGreenUpdatePolicy")
    if blue_green is None:
        return Plan(alarms=alarms)
    routing = blue_green["TrafficRoutingConfiguration"]
    return Plan(
        shares=_shares(routing, instance_count),
        bake=routing["WaitIntervalInSeconds"],
        termination_wait=blue_green.get("TerminationWaitInSeconds", 0),
        limit=blue_green.get("MaximumExecutionTimeoutInSeconds"),
        alarms=alarms,
    )


def part(size: Mapping[str, Any], instance_count: int) -> float:
    """Return a ``CapacitySize`` as a part of the fleet, from 0 to 1."""
    whole = instance_count if size["Type"] == "INSTANCE_COUNT" else _WHOLE
    return min(float(size["Value"]) / whole, 1.0)


def _shares(routing: Mapping[str, Any], instance_count: int) -> tuple[float, ...]:
    if routing["Type"] == "CANARY":
        return (part(routing["CanarySize"], instance_count), 1.0)
    if routing["Type"] == "LINEAR":
        return _steps(part(routing["LinearStepSize"], instance_count))
    return (1.0,)


def _steps(size: float) -> tuple[float, ...]:
    """Return equal steps; the last takes what is left."""
    count = math.ceil(1 / size - 1e-9)
    return tuple(min(size * (number + 1), 1.0) if number + 1 < count else 1.0 for number in range(count))
