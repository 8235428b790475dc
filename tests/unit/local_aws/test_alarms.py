"""Which state an alarm's data give it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from local_aws import alarms

N = None
THREE = {"EvaluationPeriods": 3}
TWO_OF_THREE = {"EvaluationPeriods": 3, "DatapointsToAlarm": 2}


def state(finished: list[float | None], unfinished: float | None = None, **alarm: Any) -> str | None:
    members = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 1.0, "EvaluationPeriods": 1}
    verdict = alarms.judge({**members, **alarm}, finished, unfinished)
    return verdict and verdict[0]


@pytest.mark.parametrize(
    ("comparison", "states"),
    [
        ("GreaterThanThreshold", ["OK", "OK", "ALARM"]),
        ("GreaterThanOrEqualToThreshold", ["OK", "ALARM", "ALARM"]),
        ("LessThanThreshold", ["ALARM", "OK", "OK"]),
        ("LessThanOrEqualToThreshold", ["ALARM", "ALARM", "OK"]),
    ],
)
def test_a_value_is_compared_with_the_threshold(comparison: str, states: list[str]) -> None:
    assert [state([v, N, N], ComparisonOperator=comparison) for v in (0.0, 1.0, 2.0)] == states


@pytest.mark.parametrize(
    ("finished", "alarm", "wanted"),
    [
        ([2, 2, 2, N, N], THREE, "ALARM"),
        ([2, 0, 2, 2, 2], THREE, "OK"),
        ([2, 0, 2, N, N], TWO_OF_THREE, "ALARM"),
        ([0, 0, 2, 2, 2], TWO_OF_THREE, "OK"),
        ([N, 2, 2, 2, N], THREE, "ALARM"),  # as many as are needed were there before
        ([N, 2, 0, 2, N], THREE, "OK"),
    ],
)
def test_so_many_datapoints_have_to_breach(finished: list[Any], alarm: dict[str, Any], wanted: str) -> None:
    assert {state(finished, **alarm, TreatMissingData=t) for t in ("missing", "ignore", "notBreaching")} == {
        wanted
    }


@pytest.mark.parametrize(
    ("treatment", "wanted"),
    [("missing", "INSUFFICIENT_DATA"), ("ignore", None), ("breaching", "ALARM"), ("notBreaching", "OK")],
)
def test_without_any_data_the_treatment_decides(treatment: str, wanted: str | None) -> None:
    assert state([N] * 5, **THREE, TreatMissingData=treatment) == wanted


def test_missing_is_the_default_treatment() -> None:
    assert state([N] * 3) == "INSUFFICIENT_DATA"


@pytest.mark.parametrize(
    ("treatment", "wanted"), [("missing", None), ("ignore", None), ("breaching", "ALARM"), ("notBreaching", "OK")]
)
def test_one_breach_and_no_more_data_is_not_yet_an_alarm(treatment: str, wanted: str | None) -> None:
    assert state([2, N, N, N, N], **THREE, TreatMissingData=treatment) == wanted


@pytest.mark.parametrize(
    ("treatment", "wanted"),
    [("missing", "ALARM"), ("ignore", None), ("breaching", "ALARM"), ("notBreaching", "OK")],
)
def test_a_breach_that_is_old_enough_is_one(treatment: str, wanted: str | None) -> None:
    assert state([N, N, 2, N, N], **THREE, TreatMissingData=treatment) == wanted


def test_the_period_that_goes_on_raises_an_alarm_at_once() -> None:
    assert state([0, 0, 0], unfinished=2) == "ALARM"


def test_it_ends_none_before_it_is_over() -> None:
    assert state([2, 0, 0], unfinished=0) == "ALARM"


def test_what_may_still_rise_is_not_below_a_threshold() -> None:
    assert state([5, 5, 5], unfinished=0, ComparisonOperator="LessThanThreshold") == "OK"


def test_anomaly_detection_keeps_its_state() -> None:
    assert state([2, 2, 2], ComparisonOperator="GreaterThanUpperThreshold") is None


def test_the_reason_names_values_and_threshold() -> None:
    alarm = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 1.0, "EvaluationPeriods": 1}

    _, reason = alarms.judge(alarm, [3.0, None, None], None) or ("", "")

    assert (
        reason == "Threshold Crossed: 1 out of the last 1 datapoints [3.0] were greater than the threshold (1.0)."
    )


def test_alarms_are_evaluated_as_time_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        twice, seen = asyncio.Event(), []

        def evaluate() -> None:
            seen.append(1)
            if len(seen) > 1:
                twice.set()

        monkeypatch.setattr(alarms, "_TICK", 0)
        monkeypatch.setattr(alarms.seam, "evaluate_every_alarm", evaluate)
        alarms.keep_evaluating()
        await asyncio.wait_for(twice.wait(), 60)

    asyncio.run(run())


def test_an_evaluation_that_fails_is_not_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> list[str]:
        again, told = asyncio.Event(), []

        def evaluate() -> None:
            if again.is_set():
                return
            again.set()
            raise ValueError("no number")

        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(str(context["exception"])))
        monkeypatch.setattr(alarms, "_TICK", 0)
        monkeypatch.setattr(alarms.seam, "evaluate_every_alarm", evaluate)
        loop.call_soon(alarms.keep_evaluating)
        await asyncio.wait_for(again.wait(), 60)
        counted = asyncio.Event()
        monkeypatch.setattr(alarms.seam, "evaluate_every_alarm", counted.set)
        await asyncio.wait_for(counted.wait(), 60)
        return told

    assert asyncio.run(run()) == ["no number"]
