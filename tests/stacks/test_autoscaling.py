"""Capacity follows the load: what is registered, by which metric, and what an update keeps of it."""

from collections.abc import Callable
from typing import Any

import pytest

from .examples import EXAMPLES

Synthesize = Callable[..., Any]
TARGET, POLICY = "AWS::ApplicationAutoScaling::ScalableTarget", "AWS::ApplicationAutoScaling::ScalingPolicy"
ENDPOINT, ALARM = "AWS::SageMaker::Endpoint", "AWS::CloudWatch::Alarm"
MADE = """
account: "123456789012"
region: eu-central-1
endpoints:
  linear:
    model: linear
    hosting: {type: real-time, instance_type: ml.c7i.large, autoscaling: {max_capacity: 3, target_value: 10}}
"""


def example(synthesize: Synthesize, name: str, endpoint: str) -> Any:
    return synthesize(name, (EXAMPLES / f"{name}.yaml").read_text()).endpoint(endpoint)


def test_instances_follow_a_predefined_metric(synthesize: Synthesize) -> None:
    template = example(synthesize, "autoscaling", "elastic")
    ((target_id, target),) = template.of_type(TARGET).items()
    ((endpoint_id, endpoint),) = template.of_type(ENDPOINT).items()
    name = endpoint["Properties"]["EndpointName"]
    assert target["Properties"] == {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{name}/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "MinCapacity": 1,
        "MaxCapacity": 4,
    }
    assert target["DependsOn"] == [endpoint_id]
    policy = template.only(POLICY)
    assert policy["ScalingTargetId"] == {"Ref": target_id}
    assert policy["TargetTrackingScalingPolicyConfiguration"] == {
        "TargetValue": 600,
        "ScaleInCooldown": 300,
        "ScaleOutCooldown": 60,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    }


def test_concurrent_requests_can_be_the_metric(synthesize: Synthesize) -> None:
    metric = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    text = MADE.replace("target_value: 10", f"target_value: 10, predefined_metric_type: {metric}")
    tracking = synthesize(text=text).endpoint().only(POLICY)["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["PredefinedMetricSpecification"] == {"PredefinedMetricType": metric}


def test_an_update_keeps_the_instances_and_neither_weights_nor_capture(synthesize: Synthesize) -> None:
    endpoint = synthesize(text=MADE).endpoint().only(ENDPOINT)
    assert endpoint["RetainAllVariantProperties"] is True
    assert endpoint["ExcludeRetainedVariantProperties"] == [
        {"VariantPropertyType": "DesiredWeight"},
        {"VariantPropertyType": "DataCaptureConfig"},
    ]


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_without_autoscaling_an_update_keeps_nothing(synthesize: Synthesize, environment: str) -> None:
    template = synthesize(environment).endpoint()
    assert "RetainAllVariantProperties" not in template.only(ENDPOINT)
    assert not template.of_type(TARGET)


def test_another_instance_type_is_another_endpoint_with_targets_of_its_own(synthesize: Synthesize) -> None:
    before = synthesize(text=MADE).endpoint()
    after = synthesize(text=MADE.replace("c7i.large", "c7i.xlarge")).endpoint()
    assert before.only(ENDPOINT)["EndpointName"] == "slipway-made-linear-real-time-c7i-large"
    assert after.only(ENDPOINT)["EndpointName"] == "slipway-made-linear-real-time-c7i-xlarge"
    for resource_type in (ENDPOINT, TARGET, POLICY, ALARM, "AWS::Logs::LogGroup"):
        assert before.of_type(resource_type)
        assert not set(before.of_type(resource_type)) & set(after.of_type(resource_type))
    (parameter,) = after.of_type("AWS::SSM::Parameter").values()
    assert "RealTimeC7iXlargeEndpoint" in parameter["DependsOn"]
    assert parameter["Properties"]["Value"] == "slipway-made-linear-real-time-c7i-xlarge"
    log_group = after.only("AWS::Logs::LogGroup")["LogGroupName"]
    assert log_group == "/aws/sagemaker/Endpoints/slipway-made-linear-real-time-c7i-xlarge"


def test_synth_says_that_another_instance_type_replaces_the_endpoint(synthesize: Synthesize) -> None:
    assert "makes a new endpoint under a new name" in synthesize(text=MADE).annotations()
    assert "makes a new endpoint under a new name" not in synthesize("prod").annotations()


def test_without_autoscaling_another_instance_type_is_the_same_endpoint(synthesize: Synthesize) -> None:
    text = MADE.replace(", autoscaling: {max_capacity: 3, target_value: 10}", "")
    before, after = synthesize(text=text), synthesize(text=text.replace("c7i.large", "c7i.xlarge"))
    assert before.endpoint().of_type(ENDPOINT) == after.endpoint().of_type(ENDPOINT)


def test_every_variant_is_scaled_by_itself(synthesize: Synthesize) -> None:
    text = MADE.replace("    model: linear\n", "") + "    variants: {a: {model: linear}, b: {model: linear}}\n"
    template = synthesize(text=text).endpoint()
    ids = {target["Properties"]["ResourceId"].rpartition("/")[2] for target in template.of_type(TARGET).values()}
    assert ids == {"a", "b"}
    assert len(template.of_type(POLICY)) == 2


def test_provisioned_concurrency_follows_its_utilization(synthesize: Synthesize) -> None:
    template = example(synthesize, "provisioned", "warm")
    (variant,) = template.only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert variant["ServerlessConfig"] == {
        "MemorySizeInMB": 3072,
        "MaxConcurrency": 20,
        "ProvisionedConcurrency": 2,
    }
    target = template.only(TARGET)
    assert target["ScalableDimension"] == "sagemaker:variant:DesiredProvisionedConcurrency"
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 10)
    tracking = template.only(POLICY)["TargetTrackingScalingPolicyConfiguration"]
    metric = {"PredefinedMetricType": "SageMakerVariantProvisionedConcurrencyUtilization"}
    assert (tracking["PredefinedMetricSpecification"], tracking["TargetValue"]) == (metric, 0.7)
    assert template.only(ENDPOINT)["EndpointName"] == "slipway-provisioned-warm-serverless"


class TestBacklog:
    def test_the_backlog_per_instance_is_kept(self, synthesize: Synthesize) -> None:
        template = example(synthesize, "async", "queued")
        (tracking,) = (
            policy["Properties"]
            for policy in template.of_type(POLICY).values()
            if policy["Properties"]["PolicyType"] == "TargetTrackingScaling"
        )
        assert tracking["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"] == {
            "Namespace": "AWS/SageMaker",
            "MetricName": "ApproximateBacklogSizePerInstance",
            "Dimensions": [{"Name": "EndpointName", "Value": "slipway-async-queued-async-c7i-large"}],
            "Statistic": "Average",
        }
        assert template.only(TARGET)["MinCapacity"] == 0

    def test_from_none_the_first_instance_comes_with_the_first_request(self, synthesize: Synthesize) -> None:
        template = example(synthesize, "async", "queued")
        ((wake_id, wake),) = (
            (logical_id, policy["Properties"])
            for logical_id, policy in template.of_type(POLICY).items()
            if policy["Properties"]["PolicyType"] == "StepScaling"
        )
        step = wake["StepScalingPolicyConfiguration"]
        assert step["AdjustmentType"] == "ChangeInCapacity"
        assert step["StepAdjustments"] == [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}]
        (alarm,) = (
            alarm["Properties"]
            for alarm in template.of_type(ALARM).values()
            if alarm["Properties"]["MetricName"] == "HasBacklogWithoutCapacity"
        )
        assert alarm["AlarmActions"] == [{"Fn::GetAtt": [wake_id, "Arn"]}]
        assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")

    def test_with_an_instance_at_least_nothing_has_to_wake(self, synthesize: Synthesize) -> None:
        scaling = "autoscaling: {min_capacity: 1, max_capacity: 3}"
        text = MADE.replace("real-time", "async").replace(
            "autoscaling: {max_capacity: 3, target_value: 10}", scaling
        )
        template = synthesize(text=text).endpoint()
        assert template.only(POLICY)["PolicyType"] == "TargetTrackingScaling"
