"""How an update reaches the requests, the alarms that undo it, and what the role may see of them."""

from collections.abc import Callable
from typing import Any

import pytest

from .examples import EXAMPLES

Synthesize = Callable[..., Any]
ENDPOINT, ALARM = "AWS::SageMaker::Endpoint", "AWS::CloudWatch::Alarm"
MADE = """
account: "123456789012"
region: eu-central-1
endpoints:
  linear:
    model: linear
    hosting: {type: TYPE, instance_type: ml.c7i.large, initial_instance_count: COUNT}
"""


def made(way: str = "real-time", count: int = 2, more: str = "") -> str:
    return MADE.replace("TYPE", way).replace("COUNT", str(count)) + more


def example(synthesize: Synthesize, name: str, endpoint: str) -> Any:
    template = synthesize(name, (EXAMPLES / f"{name}.yaml").read_text()).endpoint(endpoint)
    return template.only(ENDPOINT)["DeploymentConfig"]


def alarms_of(template: Any) -> dict[str, dict[str, Any]]:
    """The alarms that undo an update, by their metric."""
    config = template.only(ENDPOINT)["DeploymentConfig"]
    names = [alarm["AlarmName"]["Ref"] for alarm in config["AutoRollbackConfiguration"]["Alarms"]]
    found = [template.content["Resources"][name]["Properties"] for name in names]
    return {alarm["MetricName"]: alarm for alarm in found}


@pytest.mark.parametrize(("count", "kind"), [(1, "ALL_AT_ONCE"), (2, "CANARY"), (5, "CANARY")])
def test_by_default_real_time_is_baked_under_alarms(synthesize: Synthesize, count: int, kind: str) -> None:
    template = synthesize(text=made(count=count)).endpoint()
    routing = template.only(ENDPOINT)["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert (routing["Type"], routing["WaitIntervalInSeconds"]) == (kind, 300)
    assert set(alarms_of(template)) == {"Invocation5XXErrors", "ModelLatency", "OverheadLatency"}


def test_the_steady_instances_of_autoscaling_decide_the_default(synthesize: Synthesize) -> None:
    scaling = ", autoscaling: {min_capacity: 1, max_capacity: 4, target_value: 9}}"
    text = made(count=2).replace("initial_instance_count: 2}", f"initial_instance_count: 2{scaling}")
    policy = synthesize(text=text).endpoint().only(ENDPOINT)["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["Type"] == "ALL_AT_ONCE"


def test_on_this_machine_the_default_waits_for_nothing(synthesize: Synthesize) -> None:
    text = made().replace("123456789012", "000000000000").replace("eu-central-1", "us-east-1")
    policy = synthesize(text=text).endpoint().only(ENDPOINT)["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["WaitIntervalInSeconds"] == 0


@pytest.mark.parametrize("way", ["async", "serverless"])
def test_other_ways_to_host_have_none_by_default(synthesize: Synthesize, way: str) -> None:
    text = made(way)
    if way == "serverless":
        text = text.replace(", instance_type: ml.c7i.large, initial_instance_count: 2", "")
    assert "DeploymentConfig" not in synthesize(text=text).endpoint().only(ENDPOINT)


def test_async_takes_a_rollout_and_watches_what_it_is_told(synthesize: Synthesize) -> None:
    rollout = "    rollout: {type: canary, alarms: {model_latency_p99_in_milliseconds: null}}\n"
    template = synthesize(text=made("async", more=rollout)).endpoint()
    assert set(alarms_of(template)) == {"Invocation5XXErrors"}
    by_default = synthesize(text=made("async", more="    rollout: {type: canary, alarms: {}}\n")).endpoint()
    assert set(alarms_of(by_default)) == {"Invocation5XXErrors", "ModelLatency"}
    bare = synthesize(text=made("async", more="    rollout: {type: all-at-once}\n")).endpoint()
    assert "AutoRollbackConfiguration" not in bare.only(ENDPOINT)["DeploymentConfig"]


def test_on_inf1_there_is_none_by_default(synthesize: Synthesize) -> None:
    image = "    container: {image: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/neuron:1}\n"
    template = synthesize(text=made(more=image).replace("ml.c7i.large", "ml.inf1.xlarge")).endpoint()
    assert "DeploymentConfig" not in template.only(ENDPOINT)
    assert template.of_type(ALARM) == {}


def test_canary(synthesize: Synthesize) -> None:
    assert example(synthesize, "canary", "careful")["BlueGreenUpdatePolicy"] == {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "WaitIntervalInSeconds": 600,
            "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1},
        },
        "TerminationWaitInSeconds": 120,
    }


def test_linear(synthesize: Synthesize) -> None:
    assert example(synthesize, "linear", "stepwise")["BlueGreenUpdatePolicy"] == {
        "TrafficRoutingConfiguration": {
            "Type": "LINEAR",
            "WaitIntervalInSeconds": 300,
            "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 25},
        },
        "TerminationWaitInSeconds": 0,
        "MaximumExecutionTimeoutInSeconds": 3600,
    }


def test_rolling(synthesize: Synthesize) -> None:
    config = example(synthesize, "rolling", "rolled")
    assert config["RollingUpdatePolicy"] == {
        "MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1},
        "WaitIntervalInSeconds": 120,
    }
    assert "BlueGreenUpdatePolicy" not in config


def test_thresholds_are_in_the_units_of_the_metrics(synthesize: Synthesize) -> None:
    thresholds = (
        "{invocation_5xx_errors_in_percent: 2.5, model_latency_p99_in_milliseconds: 500, "
        "overhead_latency_p99_in_milliseconds: 40}"
    )
    rollout = f"    rollout: {{type: all-at-once, alarms: {thresholds}}}\n"
    alarms = alarms_of(synthesize(text=made(more=rollout)).endpoint())
    rate, model = alarms["Invocation5XXErrors"], alarms["ModelLatency"]
    assert (rate["Statistic"], rate["Threshold"]) == ("Average", 0.025)
    assert (model["ExtendedStatistic"], model["Threshold"]) == ("p99", 500_000)
    assert alarms["OverheadLatency"]["Threshold"] == 40_000
    for alarm in alarms.values():
        assert alarm["Namespace"] == "AWS/SageMaker"
        assert alarm["TreatMissingData"] == "notBreaching"
        assert {one["Name"]: one["Value"] for one in alarm["Dimensions"]} == {
            "EndpointName": "slipway-made-linear-real-time",
            "VariantName": "AllTraffic",
        }


def test_the_role_sees_exactly_the_alarms_that_undo_updates(synthesize: Synthesize) -> None:
    rollout = "    rollout: {type: all-at-once, alarms: {alarm_names: [ours]}}\n"
    template = synthesize(text=made(more=rollout)).endpoint()
    named = template.only(ENDPOINT)["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    seen = next(
        one
        for one in template.only("AWS::IAM::Policy")["PolicyDocument"]["Statement"]
        if one["Sid"] == "WatchRollbackAlarms"
    )
    made_here = [alarm["AlarmName"]["Ref"] for alarm in named[:-1]]
    assert named[-1] == {"AlarmName": "ours"}
    assert seen["Action"] == "cloudwatch:DescribeAlarms"
    assert seen["Resource"] == [
        *({"Fn::GetAtt": [name, "Arn"]} for name in made_here),
        "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:ours",
    ]


def test_without_a_threshold_there_is_no_alarm(synthesize: Synthesize) -> None:
    off = ", ".join(
        f"{name}: null"
        for name in (
            "invocation_5xx_errors_in_percent",
            "model_latency_p99_in_milliseconds",
            "overhead_latency_p99_in_milliseconds",
        )
    )
    template = synthesize(text=made(more=f"    rollout: {{type: all-at-once, alarms: {{{off}}}}}\n")).endpoint()
    assert "AutoRollbackConfiguration" not in template.only(ENDPOINT)["DeploymentConfig"]
    statements = template.only("AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    assert "WatchRollbackAlarms" not in [one["Sid"] for one in statements]


def test_each_variant_has_alarms_of_its_own(synthesize: Synthesize) -> None:
    text = made(more="    variants: {a: {model: linear}, b: {model: linear}}\n").replace(
        "    model: linear\n", "", 1
    )
    template = synthesize(text=text).endpoint()
    config = template.only(ENDPOINT)["DeploymentConfig"]
    assert len(config["AutoRollbackConfiguration"]["Alarms"]) == 6
