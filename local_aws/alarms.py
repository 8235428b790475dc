"""Alarms of the local CloudWatch: their state follows from the data, as CloudWatch's own evaluation has it.

ministack's own evaluation mixes the metrics of all dimensions, takes all periods for one, and knows neither
DatapointsToAlarm nor TreatMissingData. Source: Amazon CloudWatch User Guide, "Alarm evaluation" and "Configuring
how CloudWatch alarms treat missing data".
"""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local_aws import ministack_seam as seam

_TICK = 5.0  # seconds between evaluations that no new data asked for: time alone makes data go missing
_BEYOND = 2  # periods that are looked at in addition to EvaluationPeriods, as CloudWatch does
_ABOVE: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
}
_COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    **_ABOVE,
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
_WITHOUT_DATA = {"breaching": "ALARM", "notBreaching": "OK", "missing": "INSUFFICIENT_DATA"}
Points = Sequence[float | None]


def install() -> None:
    """Let every metric alarm be evaluated here: when it is put, and whenever data are put."""
    seam.evaluate_alarms_with(judge, _BEYOND)


def keep_evaluating(afterwards: Callable[[], None] = lambda: None) -> None:
    """Evaluate every alarm again and again while the event loop that this is called on runs.

    Parameters
    ----------
    afterwards
        Called after every evaluation; it may not block.
    """
    # First: an alarm that raises ends nothing.
    asyncio.get_running_loop().call_later(_TICK, keep_evaluating, afterwards)
    seam.evaluate_every_alarm()
    afterwards()


def judge(alarm: Mapping[str, Any], finished: Points, unfinished: float | None) -> tuple[str, str] | None:
    """Return an alarm's state and the reason for it, or None where it keeps the state that it has.

    Parameters
    ----------
    alarm
        The ``MetricAlarm``.
    finished
        The statistic of each period that is over, the newest first; None where a period has no data.
    unfinished
        The statistic of the period that goes on, None where it has no data yet.
    """
    if alarm.get("ComparisonOperator") not in _COMPARISONS:  # those of anomaly detection
        return None
    breaches, wording = _COMPARISONS[alarm["ComparisonOperator"]]
    threshold = float(alarm["Threshold"])
    points = list(finished)
    # More data take a sum or a maximum up and not down: only what is above a threshold is known before the end.
    if unfinished is not None and alarm["ComparisonOperator"] in _ABOVE and breaches(unfinished, threshold):
        points = [unfinished, *points[:-1]]
    periods = int(alarm.get("EvaluationPeriods") or 1)
    needed = int(alarm.get("DatapointsToAlarm") or periods)
    treatment = str(alarm.get("TreatMissingData") or "missing")
    present = [point for point in points if point is not None][:periods]
    if not present:
        state = _WITHOUT_DATA.get(treatment)
        count = "1 datapoint was" if periods == 1 else f"{periods} datapoints were"
        handled = "" if treatment == "missing" else f" and treated as [{treatment}]"
        return None if state is None else (state, f"No datapoints were received: {count} missing{handled}.")
    breaching = [point for point in present if breaches(point, threshold)]
    filled = len(breaching) + (periods - len(present) if treatment == "breaching" else 0)
    shown = f"{len(breaching)} out of the last {len(present)} datapoints {present}"
    reason = f"Threshold Crossed: {shown} were {wording} the threshold ({threshold})."
    if filled >= needed or (treatment == "missing" and _old_enough(points[:periods], breaches, threshold, needed)):
        return "ALARM", reason
    only_breaching = len(breaching) == len(present) < periods
    if only_breaching and treatment in {"missing", "ignore"}:
        return None
    return "OK", reason


def _old_enough(points: Points, breaches: Callable[[float, float], bool], threshold: float, needed: int) -> bool:
    """Whether the oldest datapoint breaches, is as old as ``needed`` periods, and nothing newer is within bounds.

    User Guide, "Avoiding premature transitions to alarm state".
    """
    ages = [age for age, point in enumerate(points, 1) if point is not None]
    return bool(ages) and ages[-1] >= needed and all(breaches(p, threshold) for p in points if p is not None)
