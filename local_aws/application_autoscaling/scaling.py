"""Changes capacity when the alarm of a scaling policy goes off."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from local_aws import ministack_seam as seam
from local_aws.api_error import ApiError
from local_aws.application_autoscaling.control_plane import ApplicationAutoScaling
from local_aws.application_autoscaling.decisions import stepped, tracked
from local_aws.self_client import Clients

Record = dict[str, Any]
_LOG = logging.getLogger(__name__)
_POLICY = ":scalingPolicy:"
_COOLDOWN = 300  # seconds; the default for variants of SageMaker (API_TargetTrackingScalingPolicyConfiguration)
_REPEAT = 60.0  # seconds until an alarm that stays in ALARM asks again


class ScalableCapacity(Protocol):
    """What scales."""

    def current(self, resource_id: str, dimension: str) -> int | None:
        """Return the capacity that a target has, None when it is not there."""

    def change(self, resource_id: str, dimension: str, capacity: int) -> None:
        """Give a target another capacity."""


@dataclass(frozen=True)
class _Change:
    at: float
    capacity: int
    outwards: bool


class Scaling:
    """Acts on alarms, each on a thread of its own: an alarm may be evaluated on the event loop.

    Parameters
    ----------
    service
        Has the targets and policies.
    capacity
        What scales.
    clients
        Clients of the local AWS.
    """

    def __init__(self, service: ApplicationAutoScaling, capacity: ScalableCapacity, clients: Clients) -> None:
        self._service = service
        self._capacity = capacity
        self._clients = clients
        self._asked: dict[tuple[str, str, str], float] = {}
        self._changes: dict[tuple[str, str, str], _Change] = {}
        self._acting = threading.Lock()

    def alarm_changed(self, alarm: Mapping[str, Any], state: str) -> None:
        """Act on an alarm that changed its state, in its account and region."""
        if state == "ALARM":
            self._ask(alarm, again=False)

    def alarms_stay(self) -> None:
        """Act on the alarms that are in ALARM still."""
        for account, region, alarm in seam.alarms_in_alarm():
            with seam.request_scope(account, region):
                self._ask(alarm, again=True)

    def _ask(self, alarm: Mapping[str, Any], *, again: bool) -> None:
        if not alarm.get("ActionsEnabled", True):
            return
        for arn in alarm.get("AlarmActions") or []:
            key = (seam.account(), seam.region(), str(arn))
            if _POLICY not in arn or (again and time.monotonic() - self._asked.get(key, -_REPEAT) < _REPEAT):
                continue
            self._asked[key] = time.monotonic()
            scope = copy_context()
            threading.Thread(
                target=scope.run, args=(self.act, arn, dict(alarm)), name="scaling", daemon=True
            ).start()

    def act(self, policy_arn: str, alarm: Mapping[str, Any]) -> None:
        """Change the capacity as a policy wants it, within the target's limits, and note the activity."""
        with self._acting:
            policy = self._service.policy(policy_arn)
            target = policy and self._service.target_of(policy)
            if policy is None or target is None:
                return
            try:
                self._change(policy, target, alarm)
            except (ApiError, BotoCoreError, ClientError) as error:
                _LOG.warning("%s did not scale: %s", policy["ResourceId"], error)
                self._service.note_activity(target, "Failed", f"Failed to scale: {error}", _cause(policy, alarm))

    def _change(self, policy: Record, target: Record, alarm: Mapping[str, Any]) -> None:
        current = self._capacity.current(target["ResourceId"], target["ScalableDimension"])
        if current is None:
            return
        wanted = self._wanted(policy, current, alarm)
        if wanted is None:
            return
        wanted = min(max(wanted, target["MinCapacity"]), target["MaxCapacity"])
        key = (seam.account(), seam.region(), policy["PolicyARN"])
        if wanted == current or self._cooling(policy, key, current, wanted) or _suspended(target, current, wanted):
            return
        self._capacity.change(target["ResourceId"], target["ScalableDimension"], wanted)
        self._changes[key] = _Change(time.monotonic(), wanted, wanted > current)
        what = f"Setting desired capacity to {wanted}."
        self._service.note_activity(target, "Successful", what, _cause(policy, alarm))

    def _wanted(self, policy: Record, current: int, alarm: Mapping[str, Any]) -> int | None:
        metric = self._newest(alarm)
        if tracking := policy.get("TargetTrackingScalingPolicyConfiguration"):
            if metric is None:
                return None
            wanted = tracked(current, metric, float(tracking["TargetValue"]))
            outwards = str(alarm.get("ComparisonOperator", "")).startswith("Greater")
            return max(wanted, current) if outwards else min(wanted, current)
        step = policy.get("StepScalingPolicyConfiguration")
        if step is None:
            return None
        beyond = 0.0 if metric is None else metric - float(alarm.get("Threshold") or 0)
        return stepped(current, step, beyond)

    def _newest(self, alarm: Mapping[str, Any]) -> float | None:
        """Return the newest value of what an alarm looks at."""
        period = int(alarm.get("Period") or 60)
        periods = int(alarm.get("EvaluationPeriods") or 1) + 1
        now = datetime.now(UTC)
        statistic = str(alarm.get("Statistic") or "Average")
        points = self._clients.client("cloudwatch").get_metric_statistics(
            Namespace=alarm["Namespace"],
            MetricName=alarm["MetricName"],
            Dimensions=alarm.get("Dimensions") or [],
            StartTime=now - timedelta(seconds=period * periods),
            EndTime=now + timedelta(seconds=period),
            Period=period,
            Statistics=[statistic],
        )["Datapoints"]
        newest = max(points, key=lambda point: point["Timestamp"], default=None)
        return None if newest is None else float(newest[statistic])

    def _cooling(self, policy: Record, key: tuple[str, str, str], current: int, wanted: int) -> bool:
        """Whether a cooldown holds a change up: scaling in always, scaling out unless by more than before."""
        last = self._changes.get(key)
        if last is None:
            return False
        outwards = wanted > current
        if tracking := policy.get("TargetTrackingScalingPolicyConfiguration"):
            cooldown = tracking.get("ScaleOutCooldown" if last.outwards else "ScaleInCooldown", _COOLDOWN)
        else:
            cooldown = policy.get("StepScalingPolicyConfiguration", {}).get("Cooldown", _COOLDOWN)
        if time.monotonic() - last.at >= cooldown:
            return False
        return not outwards or (last.outwards and wanted <= last.capacity)


def _suspended(target: Record, current: int, wanted: int) -> bool:
    state = target.get("SuspendedState", {})
    return bool(state.get("DynamicScalingOutSuspended" if wanted > current else "DynamicScalingInSuspended"))


def _cause(policy: Record, alarm: Mapping[str, Any]) -> str:
    name = alarm.get("AlarmName", "")
    return f"monitor alarm {name} in state ALARM triggered policy {policy['PolicyName']}"
