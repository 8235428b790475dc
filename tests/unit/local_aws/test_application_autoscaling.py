"""Targets and policies of Application Auto Scaling: the API and the CloudFormation types."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws import ministack_seam as seam
from local_aws.api_error import ApiError
from local_aws.application_autoscaling import cloudformation
from local_aws.application_autoscaling.control_plane import ApplicationAutoScaling

TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/linear/variant/primary",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
TARGET_ID = f"{TARGET['ResourceId']}|{TARGET['ScalableDimension']}|sagemaker"
CAPACITY = {"MinCapacity": 1, "MaxCapacity": 3}
TRACKING = {
    "TargetValue": 70.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
}
POLICY = {
    **TARGET,
    "PolicyName": "invocations",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": TRACKING,
}
Request = dict[str, Any]


@pytest.fixture
def service() -> ApplicationAutoScaling:
    return ApplicationAutoScaling()


def targets(service: ApplicationAutoScaling, **filters: Any) -> list[Request]:
    request = {"ServiceNamespace": "sagemaker", **filters}
    return service.call("DescribeScalableTargets", request)["ScalableTargets"]


def policies(service: ApplicationAutoScaling, **filters: Any) -> list[Request]:
    request = {"ServiceNamespace": "sagemaker", **filters}
    return service.call("DescribeScalingPolicies", request)["ScalingPolicies"]


def refusal(service: ApplicationAutoScaling, operation: str, request: Request) -> ApiError:
    with pytest.raises(ApiError) as caught:
        service.call(operation, request)
    return caught.value


class TestTargets:
    def test_a_registered_target_is_described(self, service: ApplicationAutoScaling) -> None:
        arn = service.call("RegisterScalableTarget", {**TARGET, **CAPACITY, "Tags": {"a": "b"}})[
            "ScalableTargetARN"
        ]

        (found,) = targets(service)

        assert found == {**TARGET, **CAPACITY, "CreationTime": found["CreationTime"], "ScalableTargetARN": arn}
        assert arn.startswith("arn:aws:application-autoscaling:us-east-1:000000000000:scalable-target/")

    def test_a_second_registration_changes_only_what_it_names(self, service: ApplicationAutoScaling) -> None:
        first = service.call("RegisterScalableTarget", {**TARGET, **CAPACITY})
        second = service.call("RegisterScalableTarget", {**TARGET, "MaxCapacity": 5})

        (found,) = targets(service)

        assert first == second
        assert (found["MinCapacity"], found["MaxCapacity"]) == (1, 5)

    @pytest.mark.parametrize("members", [{}, {"MinCapacity": 1}, {"MaxCapacity": 1}])
    def test_a_new_target_needs_both_capacities(self, service: ApplicationAutoScaling, members: Request) -> None:
        error = refusal(service, "RegisterScalableTarget", {**TARGET, **members})

        assert error.code == "ValidationException"
        assert targets(service) == []

    def test_the_maximum_is_not_below_the_minimum(self, service: ApplicationAutoScaling) -> None:
        service.call("RegisterScalableTarget", {**TARGET, **CAPACITY})

        error = refusal(service, "RegisterScalableTarget", {**TARGET, "MinCapacity": 4})

        assert error.code == "ValidationException"
        assert targets(service)[0]["MinCapacity"] == 1

    def test_a_request_is_checked_against_the_api(self, service: ApplicationAutoScaling) -> None:
        request = {**TARGET, **CAPACITY, "ScalableDimension": "sagemaker:variant:Count"}

        assert "scalableDimension" in refusal(service, "RegisterScalableTarget", request).message

    def test_a_deregistered_target_takes_its_policies_along(self, service: ApplicationAutoScaling) -> None:
        other = {**TARGET, "ResourceId": "endpoint/other/variant/primary"}
        for target in (TARGET, other):
            service.call("RegisterScalableTarget", {**target, **CAPACITY})
            service.call("PutScalingPolicy", {**POLICY, **target})

        service.call("DeregisterScalableTarget", TARGET)

        assert [target["ResourceId"] for target in targets(service)] == [other["ResourceId"]]
        assert [policy["ResourceId"] for policy in policies(service)] == [other["ResourceId"]]

    def test_a_missing_target_is_refused(self, service: ApplicationAutoScaling) -> None:
        error = refusal(service, "DeregisterScalableTarget", TARGET)

        assert error.code == "ObjectNotFoundException"
        assert TARGET["ResourceId"] in error.message

    def test_filters_choose(self, service: ApplicationAutoScaling) -> None:
        service.call("RegisterScalableTarget", {**TARGET, **CAPACITY})

        assert targets(service, ResourceIds=["endpoint/absent/variant/primary"]) == []
        assert targets(service, ScalableDimension="sagemaker:variant:DesiredProvisionedConcurrency") == []
        assert len(targets(service, ResourceIds=[TARGET["ResourceId"]])) == 1
        assert service.call("DescribeScalableTargets", {"ServiceNamespace": "ecs"})["ScalableTargets"] == []


class TestVariants:
    """The targets that are variants of a SageMaker endpoint."""

    @pytest.fixture(autouse=True)
    def registered(self, service: ApplicationAutoScaling) -> None:
        for resource in ("endpoint/linear/variant/primary", "endpoint/linear/variant/shadow"):
            service.call("RegisterScalableTarget", {**TARGET, **CAPACITY, "ResourceId": resource})
        for namespace, resource, dimension in (
            ("sagemaker", "endpoint/linear-2/variant/other", TARGET["ScalableDimension"]),
            ("sagemaker", "inference-component/linear", "sagemaker:inference-component:DesiredCopyCount"),
            ("ecs", "service/default/linear", "ecs:service:DesiredCount"),
        ):
            target = {"ServiceNamespace": namespace, "ResourceId": resource, "ScalableDimension": dimension}
            service.call("RegisterScalableTarget", {**target, **CAPACITY})
        service.call("PutScalingPolicy", POLICY)

    @pytest.mark.parametrize("name", ["linear", "Linear"])
    def test_they_are_told_by_the_endpoints_name(self, service: ApplicationAutoScaling, name: str) -> None:
        assert service.variants_of(name) == {"primary", "shadow"}
        assert service.variants_of("absent") == set()

    def test_those_of_one_endpoint_are_deregistered(self, service: ApplicationAutoScaling) -> None:
        service.deregister_variants_of("linear")

        assert service.variants_of("linear") == set()
        assert policies(service) == []
        assert service.variants_of("linear-2") == {"other"}
        assert len(targets(service)) == 2
        assert len(targets(service, ServiceNamespace="ecs")) == 1

    def test_another_account_has_its_own(self, service: ApplicationAutoScaling) -> None:
        with seam.request_scope("123456789012", "us-east-1"):
            assert service.variants_of("linear") == set()


class TestPolicies:
    @pytest.fixture(autouse=True)
    def target(self, service: ApplicationAutoScaling) -> None:
        service.call("RegisterScalableTarget", {**TARGET, **CAPACITY})

    def test_a_policy_is_described(self, service: ApplicationAutoScaling) -> None:
        arn = service.call("PutScalingPolicy", POLICY)["PolicyARN"]

        (found,) = policies(service)

        assert found["PolicyARN"] == arn
        assert found["TargetTrackingScalingPolicyConfiguration"] == TRACKING
        assert arn.endswith(f":resource/sagemaker/{TARGET['ResourceId']}:policyName/invocations")

    def test_putting_it_again_keeps_its_arn(self, service: ApplicationAutoScaling) -> None:
        first = service.call("PutScalingPolicy", POLICY)["PolicyARN"]
        changed = {**POLICY, "TargetTrackingScalingPolicyConfiguration": {**TRACKING, "TargetValue": 50.0}}

        assert service.call("PutScalingPolicy", changed)["PolicyARN"] == first
        (found,) = policies(service, PolicyNames=["invocations"])
        assert found["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 50.0

    def test_it_needs_its_target(self, service: ApplicationAutoScaling) -> None:
        error = refusal(service, "PutScalingPolicy", {**POLICY, "ResourceId": "endpoint/absent/variant/primary"})

        assert error.code == "ObjectNotFoundException"

    def test_a_deleted_one_is_gone(self, service: ApplicationAutoScaling) -> None:
        service.call("PutScalingPolicy", POLICY)
        request = {**TARGET, "PolicyName": "invocations"}
        service.call("DeleteScalingPolicy", request)

        assert policies(service) == []
        assert refusal(service, "DeleteScalingPolicy", request).code == "ObjectNotFoundException"


def test_accounts_and_regions_do_not_see_each_other(service: ApplicationAutoScaling) -> None:
    service.call("RegisterScalableTarget", {**TARGET, **CAPACITY})

    with seam.request_scope("123456789012", "us-east-1"):
        assert targets(service) == []
    with seam.request_scope("000000000000", "eu-central-1"):
        assert targets(service) == []


def test_the_state_survives_a_restart_until_a_reset(service: ApplicationAutoScaling) -> None:
    service.call("RegisterScalableTarget", {**TARGET, **CAPACITY})
    service.call("PutScalingPolicy", POLICY)
    restarted = ApplicationAutoScaling()

    restarted.load_persisted_state(service.get_state())

    assert (len(targets(restarted)), len(policies(restarted))) == (1, 1)
    restarted.reset()
    assert (targets(restarted), policies(restarted)) == ([], [])


class TestCloudFormation:
    @pytest.fixture
    def types(
        self, service: ApplicationAutoScaling, monkeypatch: pytest.MonkeyPatch
    ) -> dict[str, seam.ResourceType]:
        registered: dict[str, seam.ResourceType] = {}
        monkeypatch.setattr(seam, "register_resource_type", lambda each: registered.__setitem__(each.name, each))
        cloudformation.register(service)
        return registered

    @pytest.fixture
    def scalable_target(self, types: dict[str, seam.ResourceType]) -> seam.ResourceType:
        return types["AWS::ApplicationAutoScaling::ScalableTarget"]

    @pytest.fixture
    def scaling_policy(self, types: dict[str, seam.ResourceType]) -> seam.ResourceType:
        return types["AWS::ApplicationAutoScaling::ScalingPolicy"]

    @pytest.fixture
    def properties(self) -> Request:
        return {**TARGET, "MinCapacity": "1", "MaxCapacity": "3", "Tags": [{"Key": "a", "Value": "b"}]}

    def test_a_target_is_created_changed_and_deleted(
        self, service: ApplicationAutoScaling, scalable_target: seam.ResourceType, properties: Request
    ) -> None:
        physical_id, attributes = scalable_target.create("Target", properties, "Stack")

        assert (physical_id, attributes) == (TARGET_ID, {"Id": TARGET_ID})
        assert targets(service)[0]["MaxCapacity"] == 3
        scalable_target.update(physical_id, properties, {**properties, "MaxCapacity": 7})
        assert targets(service)[0]["MaxCapacity"] == 7
        scalable_target.delete(physical_id, properties)
        assert targets(service) == []

    def test_a_target_that_is_gone_is_as_good_as_deleted(
        self, scalable_target: seam.ResourceType, properties: Request
    ) -> None:
        scalable_target.delete(TARGET_ID, properties)

    @pytest.mark.parametrize("named", [{"ScalingTargetId": TARGET_ID}, TARGET], ids=["by id", "by members"])
    def test_a_policy_is_created_changed_and_deleted(
        self,
        service: ApplicationAutoScaling,
        scalable_target: seam.ResourceType,
        scaling_policy: seam.ResourceType,
        properties: Request,
        named: Request,
    ) -> None:
        scalable_target.create("Target", properties, "Stack")
        policy = {key: value for key, value in POLICY.items() if key not in TARGET} | named
        arn, attributes = scaling_policy.create("Policy", policy, "Stack")

        assert attributes == {"Arn": arn, "PolicyName": "invocations"}
        changed = {**policy, "TargetTrackingScalingPolicyConfiguration": {**TRACKING, "TargetValue": "55"}}
        assert scaling_policy.update(arn, policy, changed)[0] == arn
        assert policies(service)[0]["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 55
        scaling_policy.delete(arn, changed)
        assert policies(service) == []
        scaling_policy.delete(arn, changed)

    def test_a_wrong_property_fails_the_resource(
        self, scalable_target: seam.ResourceType, properties: Request
    ) -> None:
        with pytest.raises(ApiError, match="minCapacity"):
            scalable_target.create("Target", {**properties, "MinCapacity": "few"}, "Stack")
