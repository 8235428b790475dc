"""The CloudFormation types of SageMaker, as CloudFormation calls them."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from local_aws import ministack_seam as seam
from local_aws.api_error import ApiError
from local_aws.sagemaker import cloudformation
from local_aws.sagemaker.control_plane import SageMaker

Properties = dict[str, Any]
CONTAINER = {"PrimaryContainer": {"Image": "an-image"}}


class Everything:
    """Every tarball and image is there."""

    def check_access(self, *_: str) -> None:
        return

    def check_exists(self, *_: str) -> None:
        return


@pytest.fixture
def sagemaker(hosting: Any) -> SageMaker:
    hosting.models.clear()
    hosting.configs.clear()
    return SageMaker(hosting.models, hosting.configs, hosting.endpoints, Everything(), Everything())


@pytest.fixture
def types(sagemaker: SageMaker, hosting: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, seam.ResourceType]:
    registered: dict[str, seam.ResourceType] = {}
    monkeypatch.setattr(seam, "register_resource_type", lambda each: registered.__setitem__(each.name, each))
    cloudformation.register(sagemaker, hosting.endpoints)
    return registered


@pytest.fixture
def model(types: dict[str, seam.ResourceType]) -> seam.ResourceType:
    return types["AWS::SageMaker::Model"]


@pytest.fixture
def config(types: dict[str, seam.ResourceType], model: seam.ResourceType) -> seam.ResourceType:
    model.create("Model", {"ModelName": "linear", **CONTAINER}, "Stack")
    return types["AWS::SageMaker::EndpointConfig"]


@pytest.fixture
def endpoint(types: dict[str, seam.ResourceType], config: seam.ResourceType) -> seam.ResourceType:
    for name in ("first", "second"):
        config.create("Config", config_properties(EndpointConfigName=name), "Stack")
    return types["AWS::SageMaker::Endpoint"]


def config_properties(**members: Any) -> Properties:
    variant = {
        "VariantName": "primary",
        "ModelName": "linear",
        "ServerlessConfig": {"MemorySizeInMB": "2048", "MaxConcurrency": "5"},
    }
    return {"ProductionVariants": [variant], **members}


def tags(service: SageMaker, arn: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in service.call("ListTags", {"ResourceArn": arn})["Tags"]}


def as_tags(**values: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


class TestModel:
    def test_ref_is_the_arn_and_the_name_an_attribute(self, model: seam.ResourceType) -> None:
        arn, attributes = model.create("Model", {"ModelName": "linear", **CONTAINER}, "Stack")

        assert arn == "arn:aws:sagemaker:us-east-1:000000000000:model/linear"
        assert attributes == {"ModelName": "linear"}

    def test_without_a_name_one_is_made_up(self, model: seam.ResourceType, sagemaker: SageMaker) -> None:
        arn, attributes = model.create("LinearModel", CONTAINER, "Stack")

        assert attributes["ModelName"].startswith("Stack-LinearModel-")
        assert sagemaker.finds(arn)

    def test_a_long_stacks_name_still_gives_one_that_the_api_takes(self, model: seam.ResourceType) -> None:
        _, attributes = model.create("LinearModel", CONTAINER, "S" * 80)

        assert len(attributes["ModelName"]) <= 63

    def test_a_wrong_property_fails_the_resource(self, model: seam.ResourceType) -> None:
        with pytest.raises(ApiError, match=r"primaryContainer\.mode"):
            model.create("Model", {"PrimaryContainer": {"Image": "i", "Mode": "Some"}}, "Stack")

    def test_tags_change_in_place(self, model: seam.ResourceType, sagemaker: SageMaker) -> None:
        old = {"ModelName": "linear", **CONTAINER, "Tags": as_tags(gone="1", changed="1", kept="1")}
        new = {**old, "Tags": as_tags(changed="2", kept="1", added="1")}
        arn, _ = model.create("Model", old, "Stack")

        assert model.update(arn, old, new)[0] == arn
        assert tags(sagemaker, arn) == {"changed": "2", "kept": "1", "added": "1"}

    def test_all_tags_can_go(self, model: seam.ResourceType, sagemaker: SageMaker) -> None:
        old = {"ModelName": "linear", **CONTAINER, "Tags": as_tags(gone="1")}
        arn, _ = model.create("Model", old, "Stack")

        model.update(arn, old, {"ModelName": "linear", **CONTAINER})

        assert tags(sagemaker, arn) == {}

    def test_it_is_deleted_and_what_is_gone_is_no_error(
        self, model: seam.ResourceType, sagemaker: SageMaker
    ) -> None:
        arn, _ = model.create("Model", {"ModelName": "linear", **CONTAINER}, "Stack")
        model.delete(arn, {})

        assert not sagemaker.finds(arn)
        model.delete(arn, {})

    def test_everything_but_tags_replaces_it(
        self,
        model: seam.ResourceType,
        config: seam.ResourceType,
        endpoint: seam.ResourceType,
        botocore_session: Any,
    ) -> None:
        api = botocore_session.get_service_model("sagemaker")

        for kind, operation in ((model, "CreateModel"), (config, "CreateEndpointConfig")):
            settable = set(api.operation_model(operation).input_shape.members)
            # CloudFormation does not have these members of the API, as of its reference of 2026-11.
            assert settable - set(kind.replacing) - {"Tags"} <= {"MetricsConfig"}
        assert endpoint.replacing == ("EndpointName",)


class TestEndpoint:
    def test_it_is_created_when_its_containers_answer(
        self, endpoint: seam.ResourceType, sagemaker: SageMaker
    ) -> None:
        properties = {"EndpointName": "linear", "EndpointConfigName": "first"}

        arn, attributes = endpoint.create("Endpoint", properties, "Stack")

        assert attributes == {"EndpointName": "linear"}
        assert arn.endswith(":endpoint/linear")
        assert sagemaker.call("DescribeEndpoint", {"EndpointName": "linear"})["EndpointStatus"] == "InService"

    def test_a_failed_start_fails_the_resource_with_the_reason_and_leaves_nothing(
        self, endpoint: seam.ResourceType, sagemaker: SageMaker, hosting: Any
    ) -> None:
        hosting.launcher.fail("The container's last output: no model.pt")

        with pytest.raises(RuntimeError, match=r"last output: no model\.pt"):
            endpoint.create("Endpoint", {"EndpointName": "linear", "EndpointConfigName": "first"}, "Stack")

        assert sagemaker.call("ListEndpoints", {})["Endpoints"] == []

    def test_an_update_moves_it_to_another_config(self, endpoint: seam.ResourceType, sagemaker: SageMaker) -> None:
        old = {"EndpointName": "linear", "EndpointConfigName": "first"}
        arn, _ = endpoint.create("Endpoint", old, "Stack")

        assert endpoint.update(arn, old, {**old, "EndpointConfigName": "second"})[0] == arn
        described = sagemaker.call("DescribeEndpoint", {"EndpointName": "linear"})
        assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "second")

    def test_a_failed_update_fails_the_resource_and_a_rollback_works(
        self, endpoint: seam.ResourceType, sagemaker: SageMaker, hosting: Any
    ) -> None:
        old = {"EndpointName": "linear", "EndpointConfigName": "first"}
        new = {**old, "EndpointConfigName": "second"}
        arn, _ = endpoint.create("Endpoint", old, "Stack")
        hosting.launcher.fail("did not pass the ping health check")

        with pytest.raises(RuntimeError, match="did not pass the ping"):
            endpoint.update(arn, old, new)

        hosting.launcher.failure = None
        endpoint.update(arn, new, old)
        described = sagemaker.call("DescribeEndpoint", {"EndpointName": "linear"})
        assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "first")

    def test_a_change_of_tags_starts_no_container(
        self, endpoint: seam.ResourceType, sagemaker: SageMaker, hosting: Any
    ) -> None:
        old = {"EndpointName": "linear", "EndpointConfigName": "first"}
        arn, _ = endpoint.create("Endpoint", old, "Stack")

        endpoint.update(arn, old, {**old, "Tags": as_tags(team="one")})

        assert tags(sagemaker, arn) == {"team": "one"}
        assert len(hosting.launcher.launched) == 1

    def test_it_is_deleted_and_what_is_gone_is_no_error(
        self, endpoint: seam.ResourceType, sagemaker: SageMaker
    ) -> None:
        arn, _ = endpoint.create("Endpoint", {"EndpointName": "linear", "EndpointConfigName": "first"}, "Stack")

        endpoint.delete(arn, {})

        assert not sagemaker.finds(arn)
        endpoint.delete(arn, {})


class TestGuardrails:
    """An update that an alarm sends back, and one whose baking a deletion ends."""

    OLD: ClassVar[Properties] = {"EndpointName": "linear", "EndpointConfigName": "one"}

    @pytest.fixture
    def instances(
        self, hosting: Any, alarms: Any, sagemaker: SageMaker, monkeypatch: pytest.MonkeyPatch
    ) -> seam.ResourceType:
        """Return the type Endpoint, with two configs whose variant has instances."""
        hosting.endpoints = hosting.new_endpoints(alarms=alarms)
        service = SageMaker(hosting.models, hosting.configs, hosting.endpoints, Everything(), Everything())
        registered: dict[str, seam.ResourceType] = {}
        monkeypatch.setattr(seam, "register_resource_type", lambda each: registered.__setitem__(each.name, each))
        cloudformation.register(service, hosting.endpoints)
        registered["AWS::SageMaker::Model"].create("Model", {"ModelName": "linear", **CONTAINER}, "Stack")
        shape = {"ModelName": "linear", "InstanceType": "ml.m5.large", "InitialInstanceCount": "2"}
        for name in ("one", "two"):
            properties = {"EndpointConfigName": name, "ProductionVariants": [{"VariantName": "v", **shape}]}
            registered["AWS::SageMaker::EndpointConfig"].create("Config", properties, "Stack")
        return registered["AWS::SageMaker::Endpoint"]

    def new(self, wait: int) -> Properties:
        routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": str(wait)}
        return {
            "EndpointName": "linear",
            "EndpointConfigName": "two",
            "RetainAllVariantProperties": "true",
            "DeploymentConfig": {
                "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
                "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing},
            },
        }

    def test_what_an_alarm_sent_back_is_reported_as_success_and_described_as_it_is(
        self, instances: seam.ResourceType, hosting: Any, alarms: Any
    ) -> None:
        arn, _ = instances.create("Endpoint", self.OLD, "Stack")
        alarms.gone_off.append("errors")

        assert instances.update(arn, self.OLD, self.new(3600))[0] == arn

        described = hosting.endpoints.describe("linear")
        assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "one")
        assert "errors" in described["FailureReason"]

    def test_a_deletion_does_not_wait_for_the_end_of_the_baking(
        self, instances: seam.ResourceType, hosting: Any, eventually: Any
    ) -> None:
        arn, _ = instances.create("Endpoint", self.OLD, "Stack")
        request = {"EndpointName": "linear", "EndpointConfigName": "two"}
        deployment = self.new(3600)["DeploymentConfig"]
        routing = deployment["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
        routing["WaitIntervalInSeconds"] = 3600
        hosting.endpoints.update({**request, "DeploymentConfig": deployment}, hosting.configs.get("two"))
        eventually(lambda: len(hosting.launcher.variants) == 2 and alarms_are_asked(hosting))

        instances.delete(arn, {})

        assert hosting.store.find("linear") is None
        assert all(variant.container.stopped.is_set() for variant in hosting.launcher.variants)


def alarms_are_asked(hosting: Any) -> bool:
    pending = hosting.endpoints.describe("linear")["PendingDeploymentSummary"]
    return pending["ProductionVariants"][0].get("VariantStatus", [{}])[0].get("Status") == "Baking"
