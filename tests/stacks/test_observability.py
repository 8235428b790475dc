"""Dashboard, alarm topic and alarms: what they show, who hears, and for whom there are none."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Synthesize = Callable[..., Any]
ALARM, DASHBOARD, TOPIC = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::SNS::Topic"
ARN = "arn:aws:sns:eu-central-1:123456789012:on-call"
MADE = """
account: "123456789012"
region: eu-central-1
endpoints:
  linear:
    model: linear
    hosting: HOSTING
    observability: OBSERVABILITY
"""
SERVERLESS = "{type: serverless, max_concurrency: 7}"
PROVISIONED = "{type: serverless, max_concurrency: 7, provisioned_concurrency: 2}"
CPU = "{type: real-time, instance_type: ml.c7i.large}"
GPU = "{type: real-time, instance_type: ml.g5.xlarge}"
ASYNC = "{type: async, instance_type: ml.c7i.large}"


def made(hosting: str, observability: str) -> str:
    return MADE.replace("HOSTING", hosting).replace("OBSERVABILITY", observability)


def body(template: Any) -> dict[str, Any]:
    """The dashboard's body; what only deploying tells stands there as `X`."""
    written = template.only(DASHBOARD)["DashboardBody"]
    if isinstance(written, dict):
        separator, parts = written["Fn::Join"]
        written = separator.join(part if isinstance(part, str) else "X" for part in parts)
    read: dict[str, Any] = json.loads(written)
    return read


def shown_metrics(template: Any) -> set[str]:
    widgets = [widget for widget in body(template)["widgets"] if widget["type"] == "metric"]
    return {metric[1] for widget in widgets for metric in widget["properties"]["metrics"]}


@pytest.mark.parametrize(
    ("hosting", "expected"), [(SERVERLESS, False), (CPU, True), (ASYNC, True)], ids=["serverless", "cpu", "async"]
)
def test_by_default_instances_have_a_dashboard(synthesize: Synthesize, hosting: str, *, expected: bool) -> None:
    template = synthesize(text=made(hosting, "{}")).endpoint()
    assert bool(template.of_type(DASHBOARD)) is expected


@pytest.mark.parametrize(
    ("hosting", "wanted"), [(SERVERLESS, True), (CPU, False)], ids=["serverless with", "cpu without"]
)
def test_the_settings_choose_otherwise(synthesize: Synthesize, hosting: str, *, wanted: bool) -> None:
    template = synthesize(text=made(hosting, f"{{dashboard: {str(wanted).lower()}}}")).endpoint()
    assert bool(template.of_type(DASHBOARD)) is wanted


@pytest.mark.parametrize(
    ("hosting", "shown", "not_shown"),
    [
        (
            SERVERLESS,
            {"Invocations", "ModelLatency", "ModelSetupTime", "ServerlessConcurrentExecutionsUtilization"},
            {"CPUUtilization", "DiskUtilization", "ServerlessProvisionedConcurrencyUtilization"},
        ),
        (PROVISIONED, {"ServerlessProvisionedConcurrencyUtilization"}, {"CPUUtilization"}),
        (
            CPU,
            {"Invocation5XXErrors", "OverheadLatency", "CPUUtilization", "MemoryUtilization", "DiskUtilization"},
            {"GPUUtilization", "ModelSetupTime", "ApproximateBacklogSize"},
        ),
        (GPU, {"GPUUtilization", "GPUMemoryUtilization", "CPUUtilization"}, {"ModelSetupTime"}),
        (
            ASYNC,
            {"ApproximateBacklogSize", "ApproximateAgeOfOldestRequest", "InvocationFailures", "CPUUtilization"},
            {"Invocations", "OverheadLatency", "InvocationsPerInstance"},
        ),
    ],
    ids=["serverless", "provisioned", "cpu", "gpu", "async"],
)
def test_it_shows_the_metrics_that_there_are_and_no_others(
    synthesize: Synthesize, hosting: str, shown: set[str], not_shown: set[str]
) -> None:
    found = shown_metrics(synthesize(text=made(hosting, "{dashboard: true}")).endpoint())
    assert shown <= found
    assert not not_shown & found


def test_its_graphs_are_of_this_endpoint_and_lie_side_by_side(synthesize: Synthesize) -> None:
    template = synthesize(text=made(CPU, "{}")).endpoint()
    assert template.only(DASHBOARD)["DashboardName"] == "slipway-made-linear"
    widgets = body(template)["widgets"]
    for widget in widgets:
        if widget["type"] == "metric":
            for metric in widget["properties"]["metrics"]:
                assert metric[2:6] == [
                    "EndpointName",
                    "slipway-made-linear-real-time",
                    "VariantName",
                    "AllTraffic",
                ]
    places = {(x, y) for one in widgets for x in range(one["x"], one["x"] + one["width"]) for y in [one["y"]]}
    assert len(places) == sum(widget["width"] for widget in widgets)
    assert all(widget["x"] + widget["width"] <= 24 for widget in widgets)


def test_a_made_topic_takes_this_accounts_alarms_and_only_by_tls(synthesize: Synthesize) -> None:
    template = synthesize(text=made(SERVERLESS, "{alarm_topic: made}")).endpoint()
    (topic,) = template.of_type(TOPIC)
    deny, allow = template.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert allow["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert (allow["Action"], allow["Resource"]) == ("sns:Publish", {"Ref": topic})
    assert allow["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:*"},
    }


@pytest.mark.parametrize(
    ("hosting", "metrics"),
    [
        (SERVERLESS, {"Invocation5XXErrors", "MemoryUtilization", "ServerlessConcurrentExecutionsUtilization"}),
        (
            CPU,
            {"Invocation5XXErrors", "ModelLatency", "OverheadLatency", "MemoryUtilization", "DiskUtilization"},
        ),
        (
            ASYNC,
            {"Invocation5XXErrors", "MemoryUtilization", "DiskUtilization", "ApproximateAgeOfOldestRequest"},
        ),
    ],
    ids=["serverless", "real-time", "async"],
)
def test_the_topic_hears_of_every_alarm_and_of_its_end(
    synthesize: Synthesize, hosting: str, metrics: set[str]
) -> None:
    template = synthesize(text=made(hosting, f"{{alarm_topic: '{ARN}'}}")).endpoint()
    alarms = [alarm["Properties"] for alarm in template.of_type(ALARM).values()]
    assert sorted(alarm["MetricName"] for alarm in alarms) == sorted(metrics)
    for alarm in alarms:
        assert (alarm["AlarmActions"], alarm["OKActions"]) == ([ARN], [ARN])
        assert alarm["TreatMissingData"] == "notBreaching"
    assert not template.of_type(TOPIC)


def test_a_threshold_of_null_leaves_its_alarm_out_and_a_number_moves_it(synthesize: Synthesize) -> None:
    thresholds = "memory_utilization_in_percent: null, concurrency_utilization_in_percent: 50"
    observability = f"{{alarm_topic: made, alarms: {{{thresholds}}}}}"
    template = synthesize(text=made(SERVERLESS, observability)).endpoint()
    found = {one["Properties"]["MetricName"]: one["Properties"]["Threshold"] for one in alarms_of(template)}
    assert found == {"Invocation5XXErrors": 0.01, "ServerlessConcurrentExecutionsUtilization": 0.5}


def alarms_of(template: Any) -> list[dict[str, Any]]:
    return list(template.of_type(ALARM).values())


def test_variants_whose_names_differ_by_a_hyphen_alone_have_alarms_of_their_own(synthesize: Synthesize) -> None:
    model = "    model: linear\n"
    assert model in made(CPU, "{alarm_topic: made}")
    variants = "    variants: {v1-1: {model: linear}, v11: {model: linear}}\n"
    template = synthesize(text=made(CPU, "{alarm_topic: made}").replace(model, variants)).endpoint()
    watched = [
        dimension["Value"]
        for alarm in template.of_type(ALARM).values()
        if alarm["Properties"]["MetricName"] == "MemoryUtilization"
        for dimension in alarm["Properties"]["Dimensions"]
        if dimension["Name"] == "VariantName"
    ]
    assert sorted(watched) == ["v1-1", "v11"]


def test_without_a_topic_there_are_only_the_alarms_that_undo_updates(synthesize: Synthesize) -> None:
    assert not alarms_of(synthesize(text=made(SERVERLESS, "{}")).endpoint())
    for alarm in alarms_of(synthesize(text=made(CPU, "{}")).endpoint()):
        assert "AlarmActions" not in alarm["Properties"]
        assert alarm["Properties"]["MetricName"] != "MemoryUtilization"


def test_the_dashboard_shows_the_alarms(synthesize: Synthesize) -> None:
    template = synthesize(text=made(CPU, "{alarm_topic: made}")).endpoint()
    (widget,) = [widget for widget in body(template)["widgets"] if widget["type"] == "alarm"]
    assert len(widget["properties"]["alarms"]) == len(template.of_type(ALARM))
