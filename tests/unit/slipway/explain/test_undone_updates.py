"""`slipway explain` on updates that were taken back, where the endpoint is in service with what it ran before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from .conftest import BEGAN, NAME, RecordedAws
from .failed_deployments import PING, TRACEBACK, Slipway, explained, first, wrapped


def test_an_update_that_was_undone_is_told_though_the_endpoint_is_in_service(
    slipway: Slipway, recorded: RecordedAws
) -> None:
    recorded.operation(
        "UPDATE_ROLLBACK_IN_PROGRESS", ("ServerlessEndpoint", wrapped(PING)), then=("UPDATE_ROLLBACK_COMPLETE",)
    )
    recorded.wrote(*TRACEBACK)
    told = explained(slipway)
    assert (told["state"], told["findings"][0]["cause"]) == ("update undone", "model-fn-raised")
    [asked] = [params for name, params in recorded.requests if name == "GetLogEvents"]
    assert asked["startTime"] == int(BEGAN.timestamp() * 1000)  # not what it wrote before, nor long after
    assert asked["endTime"] > asked["startTime"]


def alarm(name: str, state: str) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "AlarmDescription": f"{NAME}: more than 5 % of the requests were answered 5xx",
        "StateValue": state,
        "StateReason": "Threshold Crossed",
        "StateUpdatedTimestamp": BEGAN + timedelta(seconds=1),
    }


@pytest.mark.parametrize("reason", [{}, {"FailureReason": "One or more alarms went off: errors-1"}])
def test_the_alarm_that_took_an_update_back_is_named_also_where_sagemaker_does_not(
    slipway: Slipway, recorded: RecordedAws, reason: dict[str, str]
) -> None:
    rollback = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors-1"}, {"AlarmName": "latency-1"}]}}
    recorded.endpoint(config="Config-0", LastDeploymentConfig=rollback, **reason)
    recorded.operation("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", then=("UPDATE_COMPLETE",))
    recorded.answers["DescribeAlarms"] = {"MetricAlarms": [alarm("errors-1", "OK"), alarm("latency-1", "OK")]}
    went_off = {
        "AlarmName": "errors-1",
        "Timestamp": BEGAN + timedelta(seconds=1),
        "HistoryItemType": "StateUpdate",
        "HistorySummary": "Alarm updated from OK to ALARM",
    }
    recorded.answers["DescribeAlarmHistory"] = lambda asked: {
        "AlarmHistoryItems": [went_off] if asked["AlarmName"] == "errors-1" else []
    }
    told = explained(slipway)
    [finding] = told["findings"]
    assert (told["state"], finding["cause"]) == ("rolled back", "rolled-back-by-alarm")
    assert "errors-1 (slipway-local-linear-serverless: more than 5 %" in finding["summary"]
    assert "latency-1" not in finding["summary"]
    assert "from OK to ALARM" in finding["evidence"][-1]["text"]


def test_one_that_was_taken_back_for_no_known_reason_says_so(slipway: Slipway, recorded: RecordedAws) -> None:
    recorded.endpoint(config="Config-0")
    recorded.operation("UPDATE_COMPLETE")
    finding = first(slipway)
    assert finding["cause"] == "as-aws-says"
    assert "took the last update" in finding["summary"]
    assert "AWS gives no reason" in finding["summary"]
