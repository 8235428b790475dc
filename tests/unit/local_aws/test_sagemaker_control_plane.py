"""SageMaker's API: models, endpoint configs, lists and tags."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws import ministack_seam as seam
from local_aws.api_error import ApiError, validation_error
from local_aws.sagemaker.control_plane import SageMaker
from local_aws.sagemaker.model_source import ModelSource

ROLE = "arn:aws:iam::000000000000:role/execution"
FILES = {"S3Uri": "s3://bucket/model/", "S3DataType": "S3Prefix", "CompressionType": "None"}
Request = dict[str, Any]


class Lookups:
    """Where tarballs and images are looked up; it refuses what a test says is missing."""

    def __init__(self) -> None:
        self.missing: set[str] = set()
        self.asked: list[tuple[str, ...]] = []

    def check_access(self, source: ModelSource, role: str) -> None:
        self.asked.append((source.url, role))
        self._check(source.url)

    def check_exists(self, image: str) -> None:
        self.asked.append((image,))
        self._check(image)

    def _check(self, name: str) -> None:
        if name in self.missing:
            raise validation_error(f"Could not access {name}")


@pytest.fixture
def lookups() -> Lookups:
    return Lookups()


@pytest.fixture
def sagemaker(hosting: Any, lookups: Lookups) -> SageMaker:
    hosting.models.clear()
    hosting.configs.clear()
    return SageMaker(hosting.models, hosting.configs, hosting.endpoints, lookups, lookups)


def create_model(service: SageMaker, name: str = "linear", **members: Any) -> Request:
    container = {"Image": "an-image", "ModelDataUrl": "s3://bucket/model.tar.gz"}
    request = {"ModelName": name, "ExecutionRoleArn": ROLE, "PrimaryContainer": container, **members}
    return service.call("CreateModel", request)


def create_config(service: SageMaker, name: str = "config", **members: Any) -> Request:
    variant = {
        "VariantName": "primary",
        "ModelName": "linear",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    return service.call(
        "CreateEndpointConfig", {"EndpointConfigName": name, "ProductionVariants": [variant], **members}
    )


def refusal(service: SageMaker, operation: str, request: Request) -> str:
    with pytest.raises(ApiError) as caught:
        service.call(operation, request)
    assert caught.value.code == "ValidationException"
    return caught.value.message


class TestModels:
    def test_what_is_created_is_described(self, sagemaker: SageMaker) -> None:
        arn = create_model(sagemaker, Tags=[{"Key": "k", "Value": "v"}])["ModelArn"]

        described = sagemaker.call("DescribeModel", {"ModelName": "linear"})

        assert described["ModelArn"] == arn == "arn:aws:sagemaker:us-east-1:000000000000:model/linear"
        assert described["PrimaryContainer"]["Image"] == "an-image"
        assert described["ExecutionRoleArn"] == ROLE
        assert "Tags" not in described  # the API answers them to ListTags only

    def test_a_name_is_taken_once(self, sagemaker: SageMaker) -> None:
        create_model(sagemaker)

        with pytest.raises(ApiError, match="already existing model"):
            create_model(sagemaker)

    def test_a_model_needs_a_container(self, sagemaker: SageMaker) -> None:
        assert "primary container" in refusal(sagemaker, "CreateModel", {"ModelName": "linear"})

    def test_its_tarball_and_image_are_looked_up_with_its_role(
        self, sagemaker: SageMaker, lookups: Lookups
    ) -> None:
        create_model(sagemaker)

        assert lookups.asked == [("s3://bucket/model.tar.gz", ROLE), ("an-image",)]

    @pytest.mark.parametrize("missing", ["s3://bucket/model.tar.gz", "an-image"])
    def test_one_whose_tarball_or_image_is_missing_is_not_created(
        self, sagemaker: SageMaker, lookups: Lookups, missing: str
    ) -> None:
        lookups.missing.add(missing)

        with pytest.raises(ApiError, match="Could not access"):
            create_model(sagemaker)

        assert sagemaker.call("ListModels", {})["Models"] == []

    def test_the_container_of_a_list_of_one_is_looked_up(self, sagemaker: SageMaker, lookups: Lookups) -> None:
        lookups.missing.add("image")

        assert "image" in refusal(sagemaker, "CreateModel", {"ModelName": "m", "Containers": [{"Image": "image"}]})

    @pytest.mark.parametrize(
        ("containers", "named"),
        [
            ([{"Image": "first"}, {"Image": "second"}], "several Containers"),
            (
                [{"Image": "i", "ModelDataSource": {"S3DataSource": {**FILES, "ManifestS3Uri": "s3://b/m.csv"}}}],
                "ManifestS3Uri",
            ),
        ],
    )
    def test_what_would_not_be_served_is_refused_by_name(
        self, sagemaker: SageMaker, containers: list[dict[str, Any]], named: str
    ) -> None:
        with pytest.raises(ApiError, match=f"does not implement .*{named}"):
            sagemaker.call("CreateModel", {"ModelName": "m", "Containers": containers})

    @pytest.mark.parametrize(
        "source",
        [{"CompressionType": "Gzip"}, {"S3Uri": "s3://bucket/model"}],
        ids=["a gzipped prefix", "no slash at the end"],
    )
    def test_a_data_source_whose_members_do_not_go_together_is_refused(
        self, sagemaker: SageMaker, source: Request
    ) -> None:
        container = {"Image": "i", "ModelDataSource": {"S3DataSource": {**FILES, **source}}}

        assert "S3" in refusal(sagemaker, "CreateModel", {"ModelName": "m", "PrimaryContainer": container})

    def test_the_tarball_of_a_model_data_source_is_looked_up(self, sagemaker: SageMaker, lookups: Lookups) -> None:
        source = {**FILES, "S3DataType": "S3Object", "CompressionType": "Gzip"}
        container = {"Image": "an-image", "ModelDataSource": {"S3DataSource": source}}
        sagemaker.call("CreateModel", {"ModelName": "m", "ExecutionRoleArn": ROLE, "PrimaryContainer": container})

        assert lookups.asked == [(FILES["S3Uri"], ROLE), ("an-image",)]

    def test_a_deleted_one_is_gone(self, sagemaker: SageMaker) -> None:
        arn = create_model(sagemaker)["ModelArn"]
        sagemaker.call("DeleteModel", {"ModelName": "linear"})

        assert "Could not find model" in refusal(sagemaker, "DescribeModel", {"ModelName": "linear"})
        assert "Could not find model" in refusal(sagemaker, "DeleteModel", {"ModelName": "linear"})
        assert not sagemaker.finds(arn)


class TestEndpointConfigs:
    def test_what_is_created_is_described(self, sagemaker: SageMaker) -> None:
        create_model(sagemaker)
        create_config(sagemaker)

        described = sagemaker.call("DescribeEndpointConfig", {"EndpointConfigName": "config"})

        assert described["ProductionVariants"][0]["InstanceType"] == "ml.m5.large"

    def test_its_model_has_to_exist(self, sagemaker: SageMaker) -> None:
        with pytest.raises(ApiError, match=r'Could not find model ".*model/linear"'):
            create_config(sagemaker)

    @pytest.mark.parametrize(
        ("members", "problem"),
        [
            ({}, "has neither"),
            (
                {
                    "InstanceType": "ml.m5.large",
                    "InitialInstanceCount": 1,
                    "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1},
                },
                "has both",
            ),
            ({"InstanceType": "ml.m5.large"}, "needs an InitialInstanceCount"),
        ],
    )
    def test_a_variant_is_serverless_or_has_instances(
        self, sagemaker: SageMaker, members: Request, problem: str
    ) -> None:
        create_model(sagemaker)
        variant = {"VariantName": "blue", "ModelName": "linear", **members}

        with pytest.raises(ApiError, match=f"Variant blue .*{problem}|Variant blue {problem}"):
            create_config(sagemaker, ProductionVariants=[variant])

    def test_the_names_of_variants_are_unique(self, sagemaker: SageMaker) -> None:
        create_model(sagemaker)
        variant = {
            "VariantName": "blue",
            "ModelName": "linear",
            "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1},
        }

        with pytest.raises(ApiError, match="unique"):
            create_config(sagemaker, ProductionVariants=[variant, variant])

    def test_a_deleted_one_is_gone(self, sagemaker: SageMaker) -> None:
        create_model(sagemaker)
        create_config(sagemaker)
        sagemaker.call("DeleteEndpointConfig", {"EndpointConfigName": "config"})

        message = refusal(sagemaker, "DeleteEndpointConfig", {"EndpointConfigName": "config"})
        assert 'Could not find endpoint config "arn:aws:sagemaker:us-east-1:000000000000:' in message


class TestEndpoints:
    @pytest.mark.parametrize("operation", ["CreateEndpoint", "UpdateEndpoint"])
    def test_the_config_has_to_exist(self, sagemaker: SageMaker, operation: str) -> None:
        request = {"EndpointName": "linear", "EndpointConfigName": "absent"}

        assert "Could not find endpoint config" in refusal(sagemaker, operation, request)

    @pytest.mark.parametrize("operation", ["DescribeEndpoint", "DeleteEndpoint"])
    def test_the_endpoint_has_to_exist(self, sagemaker: SageMaker, operation: str) -> None:
        assert "Could not find endpoint " in refusal(sagemaker, operation, {"EndpointName": "absent"})

    def test_an_endpoint_goes_through_its_life(self, sagemaker: SageMaker, hosting: Any) -> None:
        create_model(sagemaker)
        create_config(sagemaker)
        create_config(sagemaker, "other")
        request = {"EndpointName": "linear", "EndpointConfigName": "config"}
        arn = sagemaker.call("CreateEndpoint", request)["EndpointArn"]
        hosting.settled("linear")

        assert sagemaker.call("DescribeEndpoint", {"EndpointName": "linear"})["EndpointStatus"] == "InService"
        assert sagemaker.finds(arn)
        updated = sagemaker.call("UpdateEndpoint", {"EndpointName": "linear", "EndpointConfigName": "other"})
        hosting.settled("linear")

        described = sagemaker.call("DescribeEndpoint", {"EndpointName": "linear"})
        assert updated["EndpointArn"] == described["EndpointArn"] == arn
        assert described["EndpointConfigName"] == "other"
        sagemaker.call("DeleteEndpoint", {"EndpointName": "linear"})
        hosting.settled("linear")

        assert not sagemaker.finds(arn)


def answered(service: SageMaker, **request: Any) -> list[str] | str:
    """Return the names that ListModels answers, or which member it refuses."""
    try:
        return [summary["ModelName"] for summary in service.call("ListModels", request)["Models"]]
    except ApiError as error:
        return "refused: " + next(word for word in ("Sort", "CreationTimeAfter") if word in error.message)


class TestLists:
    @pytest.fixture
    def models(self, sagemaker: SageMaker, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        times = iter(range(1, 100))
        monkeypatch.setattr("local_aws.sagemaker.resources.time.time", lambda: float(next(times)))
        names = [f"model-{index:02}" for index in range(25)]
        for name in names:
            create_model(sagemaker, name)
        return names

    def test_pages_together_hold_everything_once(self, sagemaker: SageMaker, models: list[str]) -> None:
        found: list[str] = []
        request: Request = {"MaxResults": 7}
        while True:
            page = sagemaker.call("ListModels", request)
            found += [summary["ModelName"] for summary in page["Models"]]
            if "NextToken" not in page:
                break
            request["NextToken"] = page["NextToken"]

        assert found == sorted(models, reverse=True)

    def test_the_default_page_has_ten(self, sagemaker: SageMaker, models: list[str]) -> None:
        assert len(sagemaker.call("ListModels", {})["Models"]) == 10

    def test_the_last_page_names_no_next_one(self, sagemaker: SageMaker, models: list[str]) -> None:
        assert "NextToken" not in sagemaker.call("ListModels", {"MaxResults": 25})

    @pytest.mark.parametrize("token", ["not-one-of-ours", "-1"])
    def test_a_token_of_nobody_is_refused(self, sagemaker: SageMaker, models: list[str], token: str) -> None:
        assert "NextToken" in refusal(sagemaker, "ListModels", {"NextToken": token})

    def test_a_part_of_the_name_filters(self, sagemaker: SageMaker, models: list[str]) -> None:
        found = sagemaker.call("ListModels", {"NameContains": "MODEL-1", "MaxResults": 100})["Models"]

        assert {summary["ModelName"] for summary in found} == {name for name in models if "model-1" in name}

    def test_an_order_is_kept_or_refused(self, sagemaker: SageMaker, models: list[str]) -> None:
        """A filter that is accepted and ignored would be a wrong answer."""
        answer = answered(sagemaker, SortBy="Name", SortOrder="Ascending", MaxResults=100)

        assert answer in (models, "refused: Sort")

    def test_a_time_is_kept_or_refused(self, sagemaker: SageMaker, models: list[str]) -> None:
        answer = answered(sagemaker, CreationTimeAfter=20.5, MaxResults=100)

        assert answer in (models[:19:-1], "refused: CreationTimeAfter")

    def test_endpoints_are_filtered_by_status(self, sagemaker: SageMaker, hosting: Any) -> None:
        create_model(sagemaker)
        create_config(sagemaker)
        for name, failure in (("good", None), ("bad", "no ping")):
            if failure:
                hosting.launcher.fail(failure)
            sagemaker.call("CreateEndpoint", {"EndpointName": name, "EndpointConfigName": "config"})
            hosting.settled(name)

        found = sagemaker.call("ListEndpoints", {"StatusEquals": "Failed"})["Endpoints"]

        assert [(summary["EndpointName"], summary["EndpointStatus"]) for summary in found] == [("bad", "Failed")]

    def test_accounts_have_lists_of_their_own(self, sagemaker: SageMaker, models: list[str]) -> None:
        with seam.request_scope("123456789012", "us-east-1"):
            assert sagemaker.call("ListModels", {}) == {"Models": []}


class TestTags:
    @pytest.fixture
    def arn(self, sagemaker: SageMaker) -> str:
        return create_model(sagemaker, Tags=[{"Key": "team", "Value": "one"}])["ModelArn"]

    def tags(self, service: SageMaker, arn: str) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in service.call("ListTags", {"ResourceArn": arn})["Tags"]}

    def test_those_of_the_creation_are_listed(self, sagemaker: SageMaker, arn: str) -> None:
        assert self.tags(sagemaker, arn) == {"team": "one"}

    def test_added_ones_replace_those_of_the_same_key(self, sagemaker: SageMaker, arn: str) -> None:
        added = [{"Key": "team", "Value": "two"}, {"Key": "stage", "Value": "dev"}]
        sagemaker.call("AddTags", {"ResourceArn": arn, "Tags": added})

        assert self.tags(sagemaker, arn) == {"team": "two", "stage": "dev"}

    def test_deleted_ones_are_gone(self, sagemaker: SageMaker, arn: str) -> None:
        sagemaker.call("DeleteTags", {"ResourceArn": arn, "TagKeys": ["team", "absent"]})

        assert self.tags(sagemaker, arn) == {}

    @pytest.mark.parametrize("operation", ["ListTags", "AddTags", "DeleteTags"])
    def test_the_resource_has_to_exist(self, sagemaker: SageMaker, operation: str) -> None:
        arn = "arn:aws:sagemaker:us-east-1:000000000000:model/absent"
        members: Request = {"AddTags": {"Tags": []}, "DeleteTags": {"TagKeys": ["k"]}}.get(operation, {})

        assert arn in refusal(sagemaker, operation, {"ResourceArn": arn, **members})


def test_the_state_survives_a_restart(sagemaker: SageMaker, hosting: Any, lookups: Lookups) -> None:
    create_model(sagemaker)
    create_config(sagemaker)
    state = sagemaker.get_state()

    fresh = type(hosting)(hosting.launcher._make)
    fresh.models.clear()
    fresh.configs.clear()
    restarted = SageMaker(fresh.models, fresh.configs, fresh.endpoints, lookups, lookups)
    restarted.load_persisted_state(state)

    assert restarted.call("DescribeModel", {"ModelName": "linear"})["ExecutionRoleArn"] == ROLE
    assert restarted.call("ListEndpointConfigs", {})["EndpointConfigs"][0]["EndpointConfigName"] == "config"


def test_a_reset_ends_the_containers_and_forgets_everything(sagemaker: SageMaker, hosting: Any) -> None:
    create_model(sagemaker)
    create_config(sagemaker)
    sagemaker.call("CreateEndpoint", {"EndpointName": "linear", "EndpointConfigName": "config"})
    hosting.settled("linear")

    sagemaker.reset()

    assert [variant.container.stopped.is_set() for variant in hosting.launcher.variants] == [True]
    for operation, member in (("ListModels", "Models"), ("ListEndpoints", "Endpoints")):
        assert sagemaker.call(operation, {}) == {member: []}
