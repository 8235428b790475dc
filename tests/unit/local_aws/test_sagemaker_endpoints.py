"""The states of an endpoint, with a launcher that starts nothing."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws import ministack_seam as seam
from local_aws.api_error import ApiError
from local_aws.application_autoscaling.control_plane import ApplicationAutoScaling

ACCOUNT, REGION = "000000000000", "us-east-1"
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/endpoint/variant/v",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


def names(hosting: Any, endpoint: str = "endpoint") -> list[str]:
    """Return the variants that take requests."""
    return [variant.name for variant in hosting.endpoints.running(ACCOUNT, REGION, endpoint)]


class TestCreate:
    def test_an_endpoint_is_creating_until_its_containers_answer(self, hosting: Any) -> None:
        hosting.launcher.go.clear()
        hosting.create()

        assert hosting.endpoints.describe("endpoint")["EndpointStatus"] == "Creating"
        assert names(hosting) == []
        hosting.launcher.go.set()
        hosting.settled()

        described = hosting.endpoints.describe("endpoint")
        assert described["EndpointStatus"] == "InService"
        assert described["EndpointConfigName"] == "first"
        assert [summary["VariantName"] for summary in described["ProductionVariants"]] == ["first"]
        assert "FailureReason" not in described
        assert names(hosting) == ["first"]

    def test_a_failed_start_is_told_with_its_reason(self, hosting: Any) -> None:
        hosting.launcher.fail("The container's last output: no model.pt")
        hosting.create()
        hosting.settled()

        described = hosting.endpoints.describe("endpoint")
        assert described["EndpointStatus"] == "Failed"
        assert described["FailureReason"] == "The container's last output: no model.pt"
        assert names(hosting) == []

    def test_any_other_error_is_a_failure_too(self, hosting: Any) -> None:
        hosting.launcher.failure = OSError("no space left on device")
        hosting.create()

        record = hosting.settled()

        assert record["EndpointStatus"] == "Failed"
        assert "no space left on device" in record["FailureReason"]

    def test_a_taken_name_is_refused_and_the_first_one_stays(self, hosting: Any) -> None:
        hosting.create()
        hosting.settled()

        with pytest.raises(ApiError, match="already existing endpoint"):
            hosting.create(config="second")

        assert hosting.settled()["EndpointConfigName"] == "first"
        assert len(hosting.launcher.launched) == 1

    def test_a_config_whose_model_is_gone_makes_no_endpoint(self, hosting: Any) -> None:
        hosting.add_config("orphan", model="absent")

        with pytest.raises(ApiError, match="Could not find model"):
            hosting.create(config="orphan")

        assert hosting.store.find("endpoint") is None

    def test_an_endpoint_runs_in_the_account_that_created_it(self, hosting: Any) -> None:
        with seam.request_scope("123456789012", "eu-central-1"):
            hosting.models.add("model", {})
            hosting.add_config("there")
            request = {"EndpointName": "endpoint", "EndpointConfigName": "there"}
            hosting.endpoints.create(request, hosting.configs.get("there"))
            hosting.settled()

        assert names(hosting) == []
        running = hosting.endpoints.running("123456789012", "eu-central-1", "Endpoint")
        assert [variant.name for variant in running] == ["there"]


class TestUpdate:
    @pytest.fixture(autouse=True)
    def endpoint(self, hosting: Any) -> None:
        hosting.create()
        hosting.settled()

    def test_the_old_variants_answer_until_the_new_ones_do(self, hosting: Any) -> None:
        old = hosting.launcher.variants[0]
        hosting.launcher.go.clear()
        hosting.update()

        assert hosting.endpoints.describe("endpoint")["EndpointStatus"] == "Updating"
        assert names(hosting) == ["first"]
        assert not old.container.stopped.is_set()
        hosting.launcher.go.set()
        record = hosting.settled()

        assert (record["EndpointStatus"], record["EndpointConfigName"]) == ("InService", "second")
        assert names(hosting) == ["second"]
        assert old.container.stopped.is_set()

    def test_instances_are_not_updated_to_serverless(self, hosting: Any) -> None:
        hosting.configs.get("first")["ProductionVariants"][0].update(InstanceType="ml.m5.large")
        hosting.configs.get("second")["ProductionVariants"][0].update(ServerlessConfig={"MemorySizeInMB": 1024})

        with pytest.raises(ApiError, match="cannot be updated to a serverless one"):
            hosting.update()

        assert hosting.settled()["EndpointStatus"] == "InService"

    def test_a_scalable_target_keeps_its_instance_type(self, hosting: Any) -> None:
        scaling = ApplicationAutoScaling()
        scaling.call("RegisterScalableTarget", {**TARGET, "MinCapacity": 1, "MaxCapacity": 2})
        endpoints = hosting.new_endpoints(scaling=scaling)
        for name, instance_type in (("first", "ml.m5.large"), ("second", "ml.g5.xlarge")):
            hosting.configs.get(name)["ProductionVariants"][0].update(VariantName="v", InstanceType=instance_type)
        request = {"EndpointName": "endpoint", "EndpointConfigName": "second"}

        with pytest.raises(ApiError, match="must be deregistered as scalable targets"):
            endpoints.update(request, hosting.configs.get("second"))

        assert hosting.settled()["EndpointStatus"] == "InService"
        scaling.call("DeregisterScalableTarget", TARGET)
        endpoints.update(request, hosting.configs.get("second"))
        assert endpoints.wait_until_settled("endpoint")["EndpointConfigName"] == "second"

    def test_a_failed_one_keeps_the_old_variants_and_config(self, hosting: Any) -> None:
        hosting.launcher.fail("did not pass the ping health check")
        hosting.update()
        hosting.settled()

        described = hosting.endpoints.describe("endpoint")
        assert described["EndpointStatus"] == "InService"
        assert described["EndpointConfigName"] == "first"
        assert described["FailureReason"] == "did not pass the ping health check"
        assert names(hosting) == ["first"]
        assert not hosting.launcher.variants[0].container.stopped.is_set()

    def test_the_reason_of_a_failure_is_gone_after_the_next_success(self, hosting: Any) -> None:
        hosting.launcher.fail("no")
        hosting.update()
        hosting.settled()
        hosting.launcher.failure = None
        hosting.update()
        hosting.settled()

        described = hosting.endpoints.describe("endpoint")
        assert "FailureReason" not in described
        assert described["EndpointConfigName"] == "second"

    @pytest.mark.parametrize("change", ["update", "delete"])
    def test_a_change_under_way_refuses_another_one(self, hosting: Any, change: str) -> None:
        hosting.launcher.go.clear()
        hosting.update()

        with pytest.raises(ApiError, match="Cannot update in-progress endpoint"):
            hosting.update() if change == "update" else hosting.endpoints.delete("endpoint")

        hosting.launcher.go.set()
        assert hosting.settled()["EndpointStatus"] == "InService"

    def test_a_failed_endpoint_can_only_be_deleted(self, hosting: Any) -> None:
        """API_DescribeEndpoint on Failed: DeleteEndpoint is the only operation that can be performed."""
        hosting.launcher.fail("no")
        hosting.create("broken")
        hosting.settled("broken")

        with pytest.raises(ApiError) as caught:
            hosting.update("broken")

        assert caught.value.code == "ValidationException"
        assert hosting.settled("broken")["EndpointStatus"] == "Failed"


class TestDelete:
    def test_its_containers_end_and_its_record_goes(self, hosting: Any) -> None:
        hosting.create()
        hosting.settled()
        hosting.endpoints.delete("endpoint")

        assert hosting.settled() is None
        assert hosting.store.find("endpoint") is None
        assert names(hosting) == []
        assert hosting.launcher.variants[0].container.stopped.is_set()

    def test_its_variants_are_no_scalable_targets_any_more(self, hosting: Any) -> None:
        scaling = ApplicationAutoScaling()
        scaling.call("RegisterScalableTarget", {**TARGET, "MinCapacity": 1, "MaxCapacity": 2})
        hosting.create()
        hosting.settled()

        hosting.new_endpoints(scaling=scaling).delete("endpoint")

        assert scaling.variants_of("endpoint") == set()
        hosting.settled()

    def test_a_failed_one_can_be_deleted(self, hosting: Any) -> None:
        hosting.launcher.fail("no")
        hosting.create()
        hosting.settled()
        hosting.endpoints.delete("endpoint")
        hosting.settled()

        assert hosting.store.find("endpoint") is None

    def test_its_name_is_free_again(self, hosting: Any) -> None:
        hosting.create()
        hosting.settled()
        hosting.endpoints.delete("endpoint")
        hosting.settled()

        hosting.create(config="second")

        assert hosting.settled()["EndpointConfigName"] == "second"

    def test_it_waits_for_the_requests_in_flight(self, hosting: Any) -> None:
        hosting.create()
        hosting.settled()
        variant = hosting.launcher.variants[0]
        with variant.request():
            hosting.endpoints.delete("endpoint")
            assert hosting.endpoints.describe("endpoint")["EndpointStatus"] == "Deleting"
            assert not variant.container.stopped.is_set()
        hosting.settled()

        assert variant.container.stopped.is_set()


class TestRestore:
    """The local AWS was ended and starts again: the records are there, and no container."""

    def restart(self, hosting: Any, status: str, **members: Any) -> None:
        hosting.create()
        record = hosting.settled()
        record.update(EndpointStatus=status, **members)
        hosting.launcher.launched.clear()
        hosting.endpoints = hosting.new_endpoints()
        hosting.endpoints.restore()

    def test_an_endpoint_in_service_starts_again(self, hosting: Any) -> None:
        self.restart(hosting, "InService")

        assert hosting.settled()["EndpointStatus"] == "InService"
        assert hosting.launcher.launched == [("endpoint", "first")]
        assert names(hosting) == ["first"]

    def test_it_is_no_service_before_its_containers_answer(self, hosting: Any) -> None:
        hosting.create()
        hosting.settled()
        hosting.launcher.go.clear()
        hosting.endpoints = hosting.new_endpoints()
        hosting.endpoints.restore()

        assert hosting.endpoints.describe("endpoint")["EndpointStatus"] == "Updating"
        hosting.launcher.go.set()
        assert hosting.settled()["EndpointStatus"] == "InService"

    def test_an_update_that_was_under_way_did_not_happen(self, hosting: Any) -> None:
        self.restart(hosting, "Updating")

        record = hosting.settled()
        assert (record["EndpointStatus"], record["EndpointConfigName"]) == ("InService", "first")

    def test_a_creation_that_was_under_way_did_not_happen_and_is_told(self, hosting: Any) -> None:
        self.restart(hosting, "Creating")

        assert hosting.store.find("endpoint") is None
        assert hosting.endpoints.lost == ["endpoint"]
        assert hosting.launcher.launched == []

    def test_a_deletion_that_was_under_way_happened(self, hosting: Any) -> None:
        self.restart(hosting, "Deleting")

        assert hosting.store.find("endpoint") is None
        assert hosting.launcher.launched == []

    def test_one_whose_creation_failed_stays_failed(self, hosting: Any) -> None:
        self.restart(hosting, "Failed", FailureReason="it was", HasServed=None)

        assert hosting.settled()["FailureReason"] == "it was"
        assert hosting.launcher.launched == []

    def test_one_that_served_and_did_not_come_up_at_the_last_restart_is_tried_again(self, hosting: Any) -> None:
        self.restart(hosting, "Failed", FailureReason="the server was broken")

        assert hosting.settled()["EndpointStatus"] == "InService"

    def test_one_whose_config_is_gone_fails_by_its_name(self, hosting: Any) -> None:
        hosting.create()
        hosting.settled()
        hosting.configs.remove("first")
        hosting.endpoints = hosting.new_endpoints()
        hosting.endpoints.restore()

        record = hosting.settled()
        assert record["EndpointStatus"] == "Failed"
        assert "first" in record["FailureReason"]

    def test_one_whose_model_is_gone_fails_and_the_others_start(self, hosting: Any) -> None:
        """SageMaker lets a model be deleted while an endpoint made of it runs."""
        hosting.models.add("other", {})
        hosting.add_config("of-other", model="other")
        hosting.create("broken", "of-other")
        hosting.settled("broken")
        hosting.create("sound")
        hosting.settled("sound")
        hosting.models.remove("other")
        hosting.endpoints = hosting.new_endpoints()

        hosting.endpoints.restore()

        record = hosting.settled("broken")
        assert record["EndpointStatus"] == "Failed"
        assert "other" in record["FailureReason"]
        assert hosting.settled("sound")["EndpointStatus"] == "InService"

    def test_one_that_does_not_start_again_fails_with_the_reason(self, hosting: Any) -> None:
        hosting.create()
        hosting.settled()
        hosting.launcher.fail("its tarball is gone")
        hosting.endpoints = hosting.new_endpoints()
        hosting.endpoints.restore()

        record = hosting.settled()
        assert (record["EndpointStatus"], record["FailureReason"]) == ("Failed", "its tarball is gone")

    def test_every_account_and_region_is_restored(self, hosting: Any) -> None:
        hosting.create()
        hosting.settled()
        with seam.request_scope("123456789012", "eu-central-1"):
            hosting.models.add("model", {})
            hosting.add_config("there")
            hosting.store.add(
                "endpoint",
                {"EndpointName": "endpoint", "EndpointConfigName": "there", "EndpointStatus": "InService"},
            )
        hosting.launcher.launched.clear()
        hosting.endpoints = hosting.new_endpoints()
        hosting.endpoints.restore()
        hosting.settled()
        with seam.request_scope("123456789012", "eu-central-1"):
            hosting.settled()

        assert sorted(hosting.launcher.launched) == [("endpoint", "first"), ("endpoint", "there")]


def test_stopping_ends_every_container_of_every_endpoint(hosting: Any) -> None:
    for name in ("one", "two"):
        hosting.create(name)
        hosting.settled(name)

    hosting.endpoints.stop_all()

    assert [variant.container.stopped.is_set() for variant in hosting.launcher.variants] == [True, True]
    assert names(hosting, "one") == names(hosting, "two") == []


def test_no_endpoint_is_waited_for(hosting: Any) -> None:
    assert hosting.endpoints.wait_until_settled("absent") is None
