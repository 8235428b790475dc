"""What CloudWatch counted of the endpoint's requests, and which of its alarms went off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slipway.explain.sources.reading import Reading

METRICS = "CloudWatch, GetMetricData"
_PERIOD = 60  # seconds
_INVOCATIONS = "AWS/SageMaker"
_HARDWARE = "/aws/sagemaker/Endpoints"
# Source: SageMaker Developer Guide, "Metrics for monitoring Amazon SageMaker AI with Amazon CloudWatch", and
# "Alarms and logs for tracking metrics from serverless endpoints".
_WANTED = {
    "requests": (_INVOCATIONS, "Invocations", "Sum"),
    "client_errors": (_INVOCATIONS, "Invocation4XXErrors", "Sum"),
    "server_errors": (_INVOCATIONS, "Invocation5XXErrors", "Sum"),
    "slowest": (_INVOCATIONS, "ModelLatency", "Maximum"),
    "concurrency": (_INVOCATIONS, "ServerlessConcurrentExecutionsUtilization", "Maximum"),
    "memory": (_HARDWARE, "MemoryUtilization", "Maximum"),
}
_MICROSECONDS = 1e6  # in a second
_HISTORY = 20  # entries of an alarm


@dataclass(frozen=True)
class Metrics:
    """What happened in a time, of all variants together.

    Parameters
    ----------
    requests, client_errors, server_errors
        How many requests came, and how many of them were answered 4xx and 5xx.
    slowest
        The longest time that a container took to answer, in seconds; None where none was measured.
    concurrency
        The largest share of a serverless endpoint's max_concurrency that was in use, 1 for all of it.
    memory
        The largest share of the memory that a variant's containers used, in percent.
    """

    requests: int = 0
    client_errors: int = 0
    server_errors: int = 0
    slowest: float | None = None
    concurrency: float | None = None
    memory: float | None = None


@dataclass(frozen=True)
class Alarm:
    """A CloudWatch alarm.

    Parameters
    ----------
    name, description
        Of the alarm.
    is_in_alarm
        Whether it is in ALARM now.
    went_off
        When it went to ALARM last; None where its history does not say.
    reason
        CloudWatch's words of that time, or else of its state now.
    """

    name: str
    description: str
    is_in_alarm: bool
    went_off: datetime | None
    reason: str


def metrics(
    reading: Reading, cloudwatch: Any, endpoint_name: str, variants: Sequence[str], time: tuple[datetime, datetime]
) -> Metrics:
    """Add up what the variants of an endpoint were measured by, from one time to another."""
    if not variants:
        return Metrics()
    nothing: dict[str, list[float]] = {}
    values = reading.read(METRICS, lambda: _values(cloudwatch, endpoint_name, variants, time), nothing)

    def largest(name: str) -> float | None:
        return max(values.get(name, []), default=None)

    slowest = largest("slowest")
    return Metrics(
        requests=round(sum(values.get("requests", []))),
        client_errors=round(sum(values.get("client_errors", []))),
        server_errors=round(sum(values.get("server_errors", []))),
        slowest=None if slowest is None else slowest / _MICROSECONDS,
        concurrency=largest("concurrency"),
        memory=largest("memory"),
    )


def alarms(reading: Reading, cloudwatch: Any, names: Iterable[str]) -> tuple[Alarm, ...]:
    """Read alarms, and when each of them went off last."""
    wanted = list(dict.fromkeys(names))[:100]  # CloudWatch API, DescribeAlarms: the most names
    if not wanted:
        return ()
    found: dict[str, Any] = reading.read(
        "CloudWatch, DescribeAlarms",
        lambda: cloudwatch.describe_alarms(AlarmNames=wanted, AlarmTypes=["MetricAlarm", "CompositeAlarm"]),
        {},
    )
    described = [*found.get("MetricAlarms", []), *found.get("CompositeAlarms", [])]
    return tuple(_alarm(reading, cloudwatch, one) for one in described)


def _values(
    cloudwatch: Any, endpoint_name: str, variants: Sequence[str], time: tuple[datetime, datetime]
) -> dict[str, list[float]]:
    """Return the values of each metric, of every variant and minute (CloudWatch API, GetMetricData)."""
    queries = [
        _query(f"{name}_{number}", place, endpoint_name, variant)
        for name, place in _WANTED.items()
        for number, variant in enumerate(variants)
    ]
    values: dict[str, list[float]] = {}
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=time[0], EndTime=time[1]
    )
    for page in pages:
        for result in page["MetricDataResults"]:
            values.setdefault(result["Id"].rpartition("_")[0], []).extend(result["Values"])
    return values


def _query(identity: str, place: tuple[str, str, str], endpoint_name: str, variant: str) -> dict[str, Any]:
    namespace, metric, statistic = place
    dimensions = [{"Name": "EndpointName", "Value": endpoint_name}, {"Name": "VariantName", "Value": variant}]
    described = {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions}
    return {"Id": identity, "MetricStat": {"Metric": described, "Period": _PERIOD, "Stat": statistic}}


def _alarm(reading: Reading, cloudwatch: Any, described: dict[str, Any]) -> Alarm:
    is_in_alarm = described["StateValue"] == "ALARM"
    went_off = described.get("StateUpdatedTimestamp") if is_in_alarm else None
    reason = described.get("StateReason", "")
    if not is_in_alarm:
        history: list[dict[str, Any]] = reading.read(
            "CloudWatch, DescribeAlarmHistory",
            lambda: cloudwatch.describe_alarm_history(
                AlarmName=described["AlarmName"],
                HistoryItemType="StateUpdate",
                MaxRecords=_HISTORY,
                ScanBy="TimestampDescending",
            )["AlarmHistoryItems"],
            [],
        )
        newest = next((item for item in history if item["HistorySummary"].endswith("to ALARM")), None)
        if newest:
            went_off, reason = newest["Timestamp"], newest["HistorySummary"]
    return Alarm(described["AlarmName"], described.get("AlarmDescription", ""), is_in_alarm, went_off, reason)
