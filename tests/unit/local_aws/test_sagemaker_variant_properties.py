"""Weights, instance counts and data capture that outlive an endpoint config."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.api_error import ApiError

KEY = ("000000000000", "us-east-1", "endpoint")
ASYNC = {"OutputConfig": {"S3OutputPath": "s3://bucket/out"}}


def capture(percentage: int) -> dict[str, Any]:
    return {
        "InitialSamplingPercentage": percentage,
        "DestinationS3Uri": "s3://bucket/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }


def shape(name: str, weight: float, count: int) -> dict[str, Any]:
    members = {"InstanceType": "ml.m5.large", "InitialInstanceCount": count, "InitialVariantWeight": weight}
    return {"VariantName": name, "ModelName": "model", **members}


@pytest.fixture
def endpoint(hosting: Any) -> Any:
    """Return the hosting with an endpoint of two variants, and a second config with other numbers."""
    configs = {"one": (1.0, 1, capture(10)), "two": (5.0, 2, capture(50))}
    for name, (weight, count, captured) in configs.items():
        variants = [shape("a", weight, count), shape("b", weight, count)]
        config = {"EndpointConfigName": name, "ProductionVariants": variants, "DataCaptureConfig": captured}
        hosting.configs.add(name, config)
    hosting.create(config="one")
    hosting.settled()
    return hosting


def change(hosting: Any, **desired: Any) -> None:
    hosting.endpoints.change_capacity("endpoint", [{"VariantName": "a", **desired}])
    hosting.settled()


def numbers(hosting: Any) -> list[tuple[float, int]]:
    described = hosting.endpoints.describe("endpoint")["ProductionVariants"]
    return [(each["CurrentWeight"], each["CurrentInstanceCount"]) for each in described]


def sampling(hosting: Any) -> int:
    return hosting.endpoints.describe("endpoint")["DataCaptureConfig"]["CurrentSamplingPercentage"]


class TestCapacity:
    """UpdateEndpointWeightsAndCapacities."""

    def test_weight_and_count_change_without_another_container(self, endpoint: Any) -> None:
        change(endpoint, DesiredWeight=3.0, DesiredInstanceCount=4)

        assert numbers(endpoint) == [(3.0, 4), (1.0, 1)]
        assert [variant.traffic for variant in endpoint.endpoints.running(*KEY)] == [3.0, 1.0]
        assert len(endpoint.launcher.launched) == 1

    def test_what_is_not_named_stays(self, endpoint: Any) -> None:
        change(endpoint, DesiredWeight=0.0)

        assert numbers(endpoint) == [(0.0, 1), (1.0, 1)]

    def test_it_survives_a_restart(self, endpoint: Any) -> None:
        change(endpoint, DesiredWeight=3.0, DesiredInstanceCount=4)
        endpoint.endpoints = endpoint.new_endpoints()

        endpoint.endpoints.restore()
        endpoint.settled()

        assert numbers(endpoint) == [(3.0, 4), (1.0, 1)]

    @pytest.mark.parametrize(
        ("desired", "named"),
        [
            ({"VariantName": "absent", "DesiredWeight": 1.0}, 'find variant "absent"'),
            ({"VariantName": "a", "DesiredInstanceCount": 0}, "at least one instance"),
            ({"VariantName": "a", "ServerlessUpdateConfig": {"MaxConcurrency": 3}}, "not serverless"),
        ],
        ids=["no such variant", "no instance", "not serverless"],
    )
    def test_what_does_not_fit_is_refused_and_nothing_changes(
        self, endpoint: Any, desired: dict[str, Any], named: str
    ) -> None:
        both = [{"VariantName": "b", "DesiredWeight": 9.0}, desired]

        with pytest.raises(ApiError, match=named):
            endpoint.endpoints.change_capacity("endpoint", both)

        assert endpoint.settled()["EndpointStatus"] == "InService"
        assert numbers(endpoint) == [(1.0, 1), (1.0, 1)]

    def test_an_asynchronous_variant_goes_to_zero_and_comes_back(self, hosting: Any) -> None:
        hosting.configs.add(
            "asynchronous",
            {
                "EndpointConfigName": "asynchronous",
                "ProductionVariants": [shape("a", 1.0, 1)],
                "AsyncInferenceConfig": ASYNC,
            },
        )
        hosting.create(config="asynchronous")
        hosting.settled()
        container = hosting.launcher.variants[0].container

        change(hosting, DesiredInstanceCount=0)
        assert (container.asleep, numbers(hosting)) == (True, [(1.0, 0)])
        change(hosting, DesiredInstanceCount=2)
        assert (container.asleep, numbers(hosting)) == (False, [(1.0, 2)])


class TestRetained:
    """RetainAllVariantProperties and ExcludeRetainedVariantProperties of UpdateEndpoint."""

    @pytest.fixture(autouse=True)
    def changed(self, endpoint: Any) -> None:
        change(endpoint, DesiredWeight=3.0, DesiredInstanceCount=4)

    def update(self, hosting: Any, *excluded: str, retain: bool = True) -> None:
        names = [{"VariantPropertyType": name} for name in excluded]
        hosting.update(config="two", RetainAllVariantProperties=retain, ExcludeRetainedVariantProperties=names)
        assert hosting.settled()["EndpointConfigName"] == "two"

    def test_without_them_the_new_config_counts(self, endpoint: Any) -> None:
        self.update(endpoint, retain=False)

        assert numbers(endpoint) == [(5.0, 2), (5.0, 2)]
        assert sampling(endpoint) == 50

    def test_retained_properties_are_those_of_now(self, endpoint: Any) -> None:
        self.update(endpoint)

        assert numbers(endpoint) == [(3.0, 4), (1.0, 1)]
        assert sampling(endpoint) == 10

    @pytest.mark.parametrize(
        ("excluded", "wanted"),
        [
            ("DesiredWeight", ([(5.0, 4), (5.0, 1)], 10)),
            ("DesiredInstanceCount", ([(3.0, 2), (1.0, 2)], 10)),
            ("DataCaptureConfig", ([(3.0, 4), (1.0, 1)], 50)),
        ],
    )
    def test_an_excluded_property_is_the_new_configs(self, endpoint: Any, excluded: str, wanted: Any) -> None:
        self.update(endpoint, excluded)

        assert (numbers(endpoint), sampling(endpoint)) == wanted

    def test_retained_properties_survive_a_restart(self, endpoint: Any) -> None:
        self.update(endpoint)
        endpoint.endpoints = endpoint.new_endpoints()

        endpoint.endpoints.restore()
        endpoint.settled()

        assert numbers(endpoint) == [(3.0, 4), (1.0, 1)]
        assert sampling(endpoint) == 10

    def test_a_variant_that_is_new_has_the_configs(self, endpoint: Any) -> None:
        endpoint.configs.get("two")["ProductionVariants"][1]["VariantName"] = "c"

        self.update(endpoint)

        assert numbers(endpoint) == [(3.0, 4), (5.0, 2)]
