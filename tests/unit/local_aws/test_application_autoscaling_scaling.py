"""What scaling policies do when their alarms go off."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from local_aws.api_error import ApiError, validation_error
from local_aws.application_autoscaling.control_plane import ApplicationAutoScaling
from local_aws.application_autoscaling.decisions import stepped, tracked
from local_aws.application_autoscaling.policy_alarms import PolicyAlarms
from local_aws.application_autoscaling.scaling import Scaling

TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/linear/variant/primary",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
BACKLOG = {
    "MetricName": "ApproximateBacklogSizePerInstance",
    "Namespace": "AWS/SageMaker",
    "Dimensions": [{"Name": "EndpointName", "Value": "linear"}],
    "Statistic": "Average",
}
TRACKING = {"TargetValue": 5.0, "CustomizedMetricSpecification": BACKLOG}
WAKE = {
    "AdjustmentType": "ChangeInCapacity",
    "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
}


class CloudWatch:
    """Alarms, and the newest value of every metric."""

    def __init__(self) -> None:
        self.alarms: dict[str, dict[str, Any]] = {}
        self.value: float | None = None

    def put_metric_alarm(self, **alarm: Any) -> None:
        self.alarms[alarm["AlarmName"]] = alarm

    def delete_alarms(self, AlarmNames: list[str]) -> None:  # noqa: N803 - boto3's name
        for name in AlarmNames:
            del self.alarms[name]

    def describe_alarms(self, AlarmNames: list[str]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        return {"MetricAlarms": [{"AlarmName": name, "AlarmArn": f"arn:{name}"} for name in AlarmNames]}

    def get_metric_statistics(self, **request: Any) -> dict[str, Any]:
        if self.value is None:
            return {"Datapoints": []}
        return {"Datapoints": [{"Timestamp": datetime.now(UTC), request["Statistics"][0]: self.value}]}


class Capacity:
    """One variant that scales."""

    def __init__(self, count: int) -> None:
        self.count: int | None = count
        self.refused = False

    def current(self, resource_id: str, dimension: str) -> int | None:
        assert (resource_id, dimension) == (TARGET["ResourceId"], TARGET["ScalableDimension"])
        return self.count

    def change(self, resource_id: str, dimension: str, capacity: int) -> None:
        if self.refused:
            raise validation_error("Cannot update in-progress endpoint")
        self.count = capacity


@pytest.fixture
def cloudwatch() -> CloudWatch:
    return CloudWatch()


@pytest.fixture
def service(cloudwatch: CloudWatch, fake_clients: Any) -> ApplicationAutoScaling:
    made = ApplicationAutoScaling(PolicyAlarms(fake_clients(cloudwatch=cloudwatch)))
    made.call("RegisterScalableTarget", {**TARGET, "MinCapacity": 0, "MaxCapacity": 4})
    return made


def put_tracking(service: ApplicationAutoScaling, **members: Any) -> dict[str, Any]:
    config = {**TRACKING, **members}
    policy = {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": config}
    return service.call("PutScalingPolicy", {**TARGET, "PolicyName": "backlog", **policy})


class TestDecisions:
    @pytest.mark.parametrize(
        ("current", "metric", "wanted"), [(1, 5.0, 1), (1, 5.1, 2), (2, 20.0, 8), (3, 0.0, 0), (4, 2.5, 2)]
    )
    def test_tracking_brings_the_metric_to_its_target(self, current: int, metric: float, wanted: int) -> None:
        assert tracked(current, metric, 5.0) == wanted

    @pytest.mark.parametrize(
        ("kind", "current", "beyond", "wanted"),
        [
            ("ChangeInCapacity", 2, 0.0, 3),
            ("ChangeInCapacity", 2, 9.9, 3),
            ("ChangeInCapacity", 2, 10.0, 12),
            ("ChangeInCapacity", 2, -1.0, None),
            ("ExactCapacity", 7, 0.0, 1),
            ("PercentChangeInCapacity", 100, 10.0, 110),
            ("PercentChangeInCapacity", 3, 0.0, 4),
        ],
    )
    def test_the_step_is_the_one_of_the_breach(self, kind: str, current: int, beyond: float, wanted: Any) -> None:
        steps = [
            {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 1},
            {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 10},
        ]

        assert stepped(current, {"AdjustmentType": kind, "StepAdjustments": steps}, beyond) == wanted


class TestPolicyAlarms:
    """The alarms that a target tracking policy has."""

    def test_there_is_one_for_each_direction(
        self, service: ApplicationAutoScaling, cloudwatch: CloudWatch
    ) -> None:
        answer = put_tracking(service)

        high, low = sorted(cloudwatch.alarms.values(), key=lambda alarm: -alarm["Threshold"])
        assert (high["ComparisonOperator"], high["Threshold"], high["EvaluationPeriods"]) == (
            "GreaterThanThreshold",
            5.0,
            3,
        )
        assert (low["ComparisonOperator"], low["Threshold"], low["EvaluationPeriods"]) == (
            "LessThanThreshold",
            4.5,
            15,
        )
        assert high["AlarmActions"] == low["AlarmActions"] == [answer["PolicyARN"]]
        assert high["MetricName"] == BACKLOG["MetricName"]
        assert {alarm["AlarmName"] for alarm in answer["Alarms"]} == set(cloudwatch.alarms)

    def test_putting_it_again_changes_them(self, service: ApplicationAutoScaling, cloudwatch: CloudWatch) -> None:
        put_tracking(service)
        names = set(cloudwatch.alarms)

        put_tracking(service, TargetValue=10.0)

        assert set(cloudwatch.alarms) == names
        assert {alarm["Threshold"] for alarm in cloudwatch.alarms.values()} == {10.0, 9.0}

    def test_without_scaling_in_there_is_one(
        self, service: ApplicationAutoScaling, cloudwatch: CloudWatch
    ) -> None:
        put_tracking(service)

        put_tracking(service, DisableScaleIn=True)

        assert [alarm["Threshold"] for alarm in cloudwatch.alarms.values()] == [5.0]

    @pytest.mark.parametrize("how", ["policy", "target"])
    def test_they_go_with_it(self, service: ApplicationAutoScaling, cloudwatch: CloudWatch, how: str) -> None:
        put_tracking(service)

        if how == "policy":
            service.call("DeleteScalingPolicy", {**TARGET, "PolicyName": "backlog"})
        else:
            service.call("DeregisterScalableTarget", TARGET)

        assert cloudwatch.alarms == {}

    def test_invocations_per_instance_are_those_of_the_variant(
        self, service: ApplicationAutoScaling, cloudwatch: CloudWatch
    ) -> None:
        predefined = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
        config = {"TargetValue": 70.0, "PredefinedMetricSpecification": predefined}
        policy = {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": config}
        service.call("PutScalingPolicy", {**TARGET, "PolicyName": "invocations", **policy})

        for alarm in cloudwatch.alarms.values():
            assert (alarm["MetricName"], alarm["Statistic"]) == ("InvocationsPerInstance", "Sum")
            assert [each["Value"] for each in alarm["Dimensions"]] == ["linear", "primary"]
        assert len(cloudwatch.alarms) == 2

    def test_predictive_scaling_is_refused_by_name(self, service: ApplicationAutoScaling) -> None:
        with pytest.raises(ApiError, match="does not implement predictive"):
            service.call("PutScalingPolicy", {**TARGET, "PolicyName": "p", "PolicyType": "PredictiveScaling"})


class TestScaling:
    @pytest.fixture
    def capacity(self) -> Capacity:
        return Capacity(2)

    @pytest.fixture
    def scaling(
        self, service: ApplicationAutoScaling, capacity: Capacity, cloudwatch: CloudWatch, fake_clients: Any
    ) -> Scaling:
        return Scaling(service, capacity, fake_clients(cloudwatch=cloudwatch))

    def wake(self, service: ApplicationAutoScaling, **members: Any) -> dict[str, Any]:
        policy = {"PolicyType": "StepScaling", "StepScalingPolicyConfiguration": {**WAKE, **members}}
        arn = service.call("PutScalingPolicy", {**TARGET, "PolicyName": "wake", **policy})["PolicyARN"]
        return {**BACKLOG, "AlarmName": "wake", "Threshold": 1.0, "AlarmActions": [arn]}

    def tracking(self, service: ApplicationAutoScaling, cloudwatch: CloudWatch, kind: str) -> dict[str, Any]:
        put_tracking(service)
        return next(alarm for name, alarm in cloudwatch.alarms.items() if f"-{kind}-" in name)

    def go_off(self, scaling: Scaling, alarm: dict[str, Any]) -> None:
        for arn in alarm["AlarmActions"]:
            scaling.act(arn, alarm)

    def activities(self, service: ApplicationAutoScaling) -> list[tuple[str, str]]:
        found = service.call("DescribeScalingActivities", {"ServiceNamespace": "sagemaker"})["ScalingActivities"]
        return [(each["StatusCode"], each["Description"]) for each in found]

    def test_an_empty_backlog_takes_the_last_instance_away(
        self, scaling: Scaling, service: Any, cloudwatch: CloudWatch, capacity: Capacity
    ) -> None:
        cloudwatch.value = 0.0

        self.go_off(scaling, self.tracking(service, cloudwatch, "AlarmLow"))

        assert capacity.count == 0
        assert self.activities(service) == [("Successful", "Setting desired capacity to 0.")]

    def test_a_step_brings_one_back(
        self, scaling: Scaling, service: Any, cloudwatch: CloudWatch, capacity: Capacity
    ) -> None:
        capacity.count, cloudwatch.value = 0, 1.0

        self.go_off(scaling, self.wake(service))

        assert capacity.count == 1

    def test_the_limits_of_the_target_hold(
        self, scaling: Scaling, service: Any, cloudwatch: CloudWatch, capacity: Capacity
    ) -> None:
        cloudwatch.value = 500.0

        self.go_off(scaling, self.tracking(service, cloudwatch, "AlarmHigh"))

        assert capacity.count == 4

    def test_a_cooldown_holds_the_next_change_up(
        self, scaling: Scaling, service: Any, cloudwatch: CloudWatch, capacity: Capacity
    ) -> None:
        cloudwatch.value = 1.0
        alarm = self.wake(service)
        self.go_off(scaling, alarm)
        capacity.count = 2

        self.go_off(scaling, alarm)
        assert capacity.count == 2
        self.go_off(scaling, self.wake(service, Cooldown=0))
        assert capacity.count == 3

    def test_without_data_tracking_does_nothing(
        self, scaling: Scaling, service: Any, cloudwatch: CloudWatch, capacity: Capacity
    ) -> None:
        self.go_off(scaling, self.tracking(service, cloudwatch, "AlarmHigh"))

        assert (capacity.count, self.activities(service)) == (2, [])

    def test_a_suspended_target_stays(
        self, scaling: Scaling, service: Any, cloudwatch: CloudWatch, capacity: Capacity
    ) -> None:
        service.call("RegisterScalableTarget", {**TARGET, "SuspendedState": {"DynamicScalingInSuspended": True}})
        cloudwatch.value = 0.0

        self.go_off(scaling, self.tracking(service, cloudwatch, "AlarmLow"))

        assert capacity.count == 2

    def test_what_cannot_scale_now_is_told(
        self, scaling: Scaling, service: Any, cloudwatch: CloudWatch, capacity: Capacity
    ) -> None:
        cloudwatch.value, capacity.refused = 1.0, True

        self.go_off(scaling, self.wake(service))

        ((status, description),) = self.activities(service)
        assert status == "Failed"
        assert "in-progress endpoint" in description

    def test_only_an_alarm_that_goes_off_scales(
        self, scaling: Scaling, service: Any, cloudwatch: CloudWatch, capacity: Capacity, eventually: Any
    ) -> None:
        cloudwatch.value = 1.0
        alarm = self.wake(service)

        scaling.alarm_changed({**alarm, "ActionsEnabled": False}, "ALARM")
        scaling.alarm_changed(alarm, "OK")
        scaling.alarm_changed({**alarm, "AlarmActions": ["arn:aws:sns:us-east-1:000000000000:topic"]}, "ALARM")
        assert self.activities(service) == []
        scaling.alarm_changed(alarm, "ALARM")

        eventually(lambda: self.activities(service))
        assert capacity.count == 3

    def test_a_policy_that_is_gone_does_nothing(
        self, scaling: Scaling, service: Any, cloudwatch: CloudWatch, capacity: Capacity
    ) -> None:
        cloudwatch.value = 1.0
        alarm = self.wake(service)
        service.call("DeleteScalingPolicy", {**TARGET, "PolicyName": "wake"})

        self.go_off(scaling, alarm)

        assert capacity.count == 2
