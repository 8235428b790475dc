"""Records by account, region and name."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws import ministack_seam as seam
from local_aws.api_error import ApiError
from local_aws.sagemaker.resources import ResourceStore


@pytest.fixture
def store() -> ResourceStore:
    return ResourceStore("endpoint-config", "EndpointConfig")


def test_a_record_holds_its_members_arn_and_creation_time(store: ResourceStore) -> None:
    record = store.add("Blue", {"EndpointConfigName": "Blue"})

    assert record["EndpointConfigName"] == "Blue"
    assert record["EndpointConfigArn"] == "arn:aws:sagemaker:us-east-1:000000000000:endpoint-config/blue"
    assert record["CreationTime"] > 0


@pytest.mark.parametrize("name", ["blue", "BLUE"])
def test_a_name_that_is_taken_is_refused_whatever_its_case(store: ResourceStore, name: str) -> None:
    store.add("Blue", {})

    with pytest.raises(ApiError, match="Cannot create already existing endpoint config") as caught:
        store.add(name, {})

    assert caught.value.code == "ValidationException"
    assert len(store.records()) == 1


@pytest.mark.parametrize("action", ["get", "remove"])
def test_a_missing_name_is_refused_by_its_arn(store: ResourceStore, action: str) -> None:
    with pytest.raises(ApiError, match=r'Could not find endpoint config "arn:.*endpoint-config/green"'):
        getattr(store, action)("Green")


def test_a_removed_record_is_gone_and_its_name_is_free(store: ResourceStore) -> None:
    record = store.add("blue", {"n": 1})

    assert store.remove("BLUE") is record
    assert store.find("blue") is None
    store.add("blue", {"n": 2})


def test_a_record_is_found_by_its_arn_only_in_its_own_kind(store: ResourceStore) -> None:
    record = store.add("blue", {})

    assert store.by_arn(record["EndpointConfigArn"]) is record
    assert store.by_arn(record["EndpointConfigArn"].replace("endpoint-config", "endpoint")) is None
    assert ResourceStore("endpoint", "Endpoint").by_arn(record["EndpointConfigArn"]) is None


def test_records_come_newest_first(store: ResourceStore, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([1.0, 2.0, 3.0])
    monkeypatch.setattr("local_aws.sagemaker.resources.time.time", lambda: next(times))
    for name in ("a", "b", "c"):
        store.add(name, {"Name": name})

    assert [record["Name"] for record in store.records()] == ["c", "b", "a"]


def test_accounts_and_regions_do_not_see_each_other(store: ResourceStore) -> None:
    store.add("blue", {"where": "here"})
    with seam.request_scope("123456789012", "eu-central-1"):
        assert store.find("blue") is None
        store.add("blue", {"where": "there"})

    assert [record["where"] for record in store.records()] == ["here"]
    found = [(account, region, record["where"]) for account, region, record in store.everywhere()]
    assert sorted(found) == [
        ("000000000000", "us-east-1", "here"),
        ("123456789012", "eu-central-1", "there"),
    ]


def test_what_is_saved_can_be_taken_back(store: ResourceStore) -> None:
    store.add("blue", {"n": 1})
    with seam.request_scope("123456789012", "eu-central-1"):
        store.add("green", {"n": 2})

    other = ResourceStore("endpoint-config", "EndpointConfig")
    other.restore(store.state)

    assert other.get("blue")["n"] == 1
    assert len(other.everywhere()) == 2


def test_nothing_saved_restores_to_nothing(store: ResourceStore) -> None:
    empty: dict[str, Any] = {}
    store.restore(empty)

    assert store.everywhere() == []
