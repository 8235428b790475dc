"""Metrics and alarms of CloudWatch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from itertools import takewhile
from typing import Any

from ministack.services import cloudwatch

from local_aws.ministack_seam.scopes import every_item, request_scope

Judge = Callable[[Mapping[str, Any], list[float | None], float | None], tuple[str, str] | None]


def evaluate_alarms_with(judge: Judge, beyond: int) -> None:
    """Take the place of ministack's evaluation of metric alarms.

    Parameters
    ----------
    judge
        Takes the alarm, the statistic of each period that is over (the newest first; None without data) and that
        of the period that goes on; returns state and reason, or None for the state that the alarm has.
    beyond
        How many periods ``judge`` gets in addition to the alarm's EvaluationPeriods.
    """

    def evaluate(alarm: dict[str, Any]) -> None:
        if not alarm.get("MetricName"):  # a metric math alarm, which ministack does not keep
            return
        newest_first = _statistics(alarm, beyond)
        verdict = judge(alarm, newest_first[1:], newest_first[0])
        if verdict is not None and verdict[0] != alarm["StateValue"]:
            request = {"AlarmName": alarm["AlarmName"], "StateValue": verdict[0], "StateReason": verdict[1]}
            cloudwatch._set_alarm_state({}, request, False, is_json=True)

    cloudwatch._evaluate_alarm = evaluate


def _statistics(alarm: Mapping[str, Any], beyond: int) -> list[float | None]:
    """Return an alarm's statistic for the period that goes on and those before it, the newest first."""
    period = int(alarm.get("Period") or 60)
    current = int(time.time() // period)
    count = 1 + int(alarm.get("EvaluationPeriods") or 1) + beyond
    groups: list[list[dict[str, Any]]] = [[] for _ in range(count)]
    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(alarm.get("Dimensions") or []))
    for point in cloudwatch._metrics.get((alarm.get("Namespace"), alarm["MetricName"], dimensions)) or []:
        age = current - int(point["Timestamp"] // period)
        if 0 <= age < count and alarm.get("Unit") in {None, "", point["Unit"]}:
            groups[age].append(point)
    name = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    return [cloudwatch._stat_value(cloudwatch._calc_stats(g), name, g) if g else None for g in groups]


def listen_to_alarms(listener: Callable[[Mapping[str, Any], str], None]) -> None:
    """Call a listener with an alarm and its new state, in the alarm's account and region, besides its SNS topics.

    It is called on any thread, the event loop's as well, and may not block.
    """
    original = cloudwatch._dispatch_alarm_actions

    def dispatch(alarm: dict[str, Any], old_state: str, new_state: str, reason: str) -> None:
        original(alarm, old_state, new_state, reason)
        listener(alarm, new_state)

    cloudwatch._dispatch_alarm_actions = dispatch


def alarms_in_alarm() -> list[tuple[str, str, Mapping[str, Any]]]:
    """Return account, region and record of the metric alarms that are in ALARM."""
    found = every_item(cloudwatch._alarms)
    return [(account, region, alarm) for account, region, _, alarm in found if alarm["StateValue"] == "ALARM"]


def evaluate_every_alarm() -> None:
    """Evaluate the metric alarms of every account and region."""
    for account_id, region_name in {item[:2] for item in every_item(cloudwatch._alarms)}:
        with request_scope(account_id, region_name):
            cloudwatch._evaluate_all_alarms()


def merge_metric_values(namespace: str) -> None:
    """Keep equal values of a metric in a minute as one with their count, where ``Values`` are put in a namespace.

    ministack keeps every value of every request for two weeks.
    """
    original = cloudwatch._store_datum

    def store(
        into: str,
        name: str,
        dimensions: dict[str, str],
        timestamp: float,
        unit: str,
        *given: Any,
    ) -> None:
        _, values, counts, _ = given
        if into != namespace or values is None:
            original(into, name, dimensions, timestamp, unit, *given)
            return
        points = cloudwatch._metric_bucket((into, name, cloudwatch._dims_key(dimensions)))
        minute = timestamp // 60
        recent = takewhile(lambda point: point["Timestamp"] // 60 >= minute, reversed(points))
        same = {p["Value"]: p for p in recent if p["Timestamp"] // 60 == minute and "Count" in p}
        for number, count in zip(values, counts or [1.0] * len(values), strict=True):
            if number in same:
                same[number]["Count"] += count
                same[number]["Timestamp"] = max(timestamp, same[number]["Timestamp"])
            else:
                original(into, name, dimensions, timestamp, unit, None, [number], [count], None)

    cloudwatch._store_datum = store
