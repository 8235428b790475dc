"""Quotas and a region without instances, which a file beside the state of the local AWS asks for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local_aws.api_error import ApiError
from local_aws.sagemaker.account_limits import AccountLimits
from local_aws.sagemaker.container import ContainerError

TYPE = "ml.g5.xlarge"
QUOTA = f"{TYPE} for endpoint usage"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "limits.json"


@pytest.fixture
def limited(hosting: Any, file: Path) -> Any:
    """Endpoints below the limits of the file; the config `two` has two instances."""
    hosting.endpoints = hosting.new_endpoints(limits=AccountLimits(file))
    variant = {"VariantName": "all", "ModelName": "model", "InstanceType": TYPE, "InitialInstanceCount": 2}
    hosting.configs.add("two", {"EndpointConfigName": "two", "ProductionVariants": [variant]})
    hosting.configs.add("other", {"EndpointConfigName": "other", "ProductionVariants": [variant]})
    return hosting


def allow(file: Path, number: int) -> None:
    file.write_text(json.dumps({"quotas": {QUOTA: number}}))


def test_without_a_file_nothing_is_limited(limited: Any) -> None:
    limited.create(config="two")
    assert limited.settled()["EndpointStatus"] == "InService"


def test_a_creation_beyond_a_quota_is_refused_and_leaves_nothing(limited: Any, file: Path) -> None:
    allow(file, 1)
    with pytest.raises(ApiError, match=f"'{QUOTA}' is 1 Instances, with current utilization of 0 ") as refused:
        limited.create(config="two")
    assert (refused.value.code, refused.value.status) == ("ResourceLimitExceeded", 400)
    assert limited.store.find("endpoint") is None


def test_the_instances_of_all_endpoints_count_and_those_of_other_types_do_not(limited: Any, file: Path) -> None:
    allow(file, 3)
    limited.create("others", config="first")
    limited.create(config="two")
    with pytest.raises(ApiError, match="utilization of 2 Instances and a request delta of 2 Instances"):
        limited.create("another", config="two")
    assert limited.settled()["EndpointStatus"] == "InService"


def test_until_an_update_is_done_both_fleets_count(limited: Any, file: Path) -> None:
    allow(file, 3)
    limited.create(config="two")
    limited.settled()
    with pytest.raises(ApiError, match="utilization of 2 Instances and a request delta of 2 Instances"):
        limited.update(config="other")
    assert limited.store.get("endpoint")["EndpointStatus"] == "InService"
    allow(file, 4)
    limited.update(config="other")
    assert limited.settled()["EndpointConfigName"] == "other"


def test_a_type_that_the_region_has_none_of_is_not_provisioned(file: Path) -> None:
    file.write_text(json.dumps({"no_capacity": [TYPE]}))
    limits = AccountLimits(file)
    limits.require_capacity({"InstanceType": "ml.m5.large"})
    limits.require_capacity({"ServerlessConfig": {}})
    with pytest.raises(ContainerError, match="InsufficientInstanceCapacity"):
        limits.require_capacity({"InstanceType": TYPE})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "cannot be read: Expecting property name"),
        ('{"quota": {}}', "quota: Extra inputs are not permitted"),
        (f'{{"quotas": {{"{QUOTA}": -1}}}}', f"quotas.{QUOTA}: Input should be greater than or equal to 0"),
        ('{"no_capacity": "ml.g5.xlarge"}', "no_capacity: Input should be a valid list"),
    ],
)
def test_a_wrong_file_is_named_with_its_mistake(limited: Any, file: Path, text: str, says: str) -> None:
    file.write_text(text)
    with pytest.raises(ApiError) as refused:
        limited.create(config="two")
    assert str(file) in refused.value.message
    assert says in refused.value.message
    with pytest.raises(ContainerError, match=file.name):
        AccountLimits(file).require_capacity({"InstanceType": TYPE})
