"""CloudWatch of the local AWS: what it counts of invocations, and the alarms on it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

ROW = json.dumps([[1.0] * 10])
RIGHT, WRONG = 3, 2
TIMEOUT = 30  # seconds


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def variant_of(project) -> str:
    endpoint = project.machine.client("sagemaker").describe_endpoint(EndpointName=project.endpoint_name())
    return endpoint["ProductionVariants"][0]["VariantName"]


def test_invocations_are_counted_and_raise_alarms(deployed):
    runtime, cloudwatch = deployed.machine.client("sagemaker-runtime"), deployed.machine.client("cloudwatch")
    name = deployed.endpoint_name()
    dimensions = [
        {"Name": "EndpointName", "Value": name},
        {"Name": "VariantName", "Value": variant_of(deployed)},
    ]

    def statistics(metric: str) -> dict[str, float]:
        now = datetime.now(UTC)
        answer = cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=dimensions,
            StartTime=now - timedelta(days=1),
            EndTime=now + timedelta(minutes=1),
            Period=86400,
            Statistics=["Sum", "SampleCount", "Minimum", "Average"],
        )
        points = answer["Datapoints"]
        return {s: sum(p[s] for p in points) for s in ("Sum", "SampleCount", "Minimum", "Average")}

    def invoke(body: str, called: str = name) -> None:
        runtime.invoke_endpoint(EndpointName=called, ContentType="application/json", Body=body)

    def put_alarm(metric: str, **dimension: str) -> str:
        alarm = f"{name}-{metric}-{len(dimension)}"
        cloudwatch.put_metric_alarm(
            AlarmName=alarm,
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[{**d, "Value": dimension.get(d["Name"], d["Value"])} for d in dimensions],
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
        )
        return alarm

    def state(alarm: str) -> str:
        return cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]["StateValue"]

    metrics = ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors", "ModelLatency", "OverheadLatency")
    # Other tests share the endpoint; the newest of theirs may still be under way to CloudWatch.
    runtime_before = statistics("Invocations")["SampleCount"]
    invoke(ROW)
    wait_until(lambda: statistics("Invocations")["SampleCount"] > runtime_before, "no metric came")
    before = {metric: statistics(metric) for metric in metrics}
    refused, failing = put_alarm("Invocation4XXErrors"), put_alarm("Invocation5XXErrors")
    elsewhere = put_alarm("Invocation4XXErrors", EndpointName="another")

    for called in (name, name.upper(), name.title()):  # names are case-insensitive
        invoke(ROW, called)
    for _ in range(WRONG):
        with pytest.raises(ClientError, match="ModelError"):
            invoke("nonsense")
    with pytest.raises(ClientError, match="ValidationError"):
        runtime.invoke_endpoint(EndpointName=name, TargetVariant="absent", Body=ROW)

    def added(metric: str, statistic: str) -> float:
        return statistics(metric)[statistic] - before[metric][statistic]

    wait_until(lambda: added("Invocations", "Sum") == RIGHT + WRONG, "the invocations were not counted")
    assert added("Invocation4XXErrors", "Sum") == WRONG
    assert added("Invocation4XXErrors", "SampleCount") == RIGHT + WRONG
    assert added("Invocation5XXErrors", "Sum") == 0
    for metric in ("ModelLatency", "OverheadLatency"):
        assert added(metric, "SampleCount") == RIGHT + WRONG
        assert 0 < statistics(metric)["Minimum"] <= statistics(metric)["Average"] < 60e6  # microseconds
    wait_until(lambda: state(refused) == "ALARM", "the alarm did not go off")
    assert state(failing) == "OK"
    assert state(elsewhere) == "OK"
    cloudwatch.delete_alarms(AlarmNames=[refused, failing, elsewhere])
