"""`slipway verify-clean`: what it prints, what it asks, and how it ends."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from slipway.commands import verify_clean

from .conftest import ACCOUNT, REGION, MemoryAws, denied

ENDPOINT = "slipway-local-scores-serverless"
GROUP = f"/aws/sagemaker/Endpoints/{ENDPOINT}"


@pytest.fixture(autouse=True)
def environments(aws: MemoryAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the environment `local`, in an AWS with nothing in it."""
    monkeypatch.setattr(verify_clean, "connect", lambda _settings: aws)
    folder = tmp_path / "environments"
    folder.mkdir()
    monkeypatch.setenv("SLIPWAY_ENVIRONMENTS", str(folder))
    write(folder, "local")
    return folder


def write(folder: Path, name: str, endpoint: str = "scores") -> None:
    one = {"model": "linear", "container": "slim", "hosting": {"type": "serverless"}}
    document = {"account": ACCOUNT, "region": REGION, "removal": "destroy", "endpoints": {endpoint: one}}
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(document))


def leave_a_log_group(aws: MemoryAws, name: str = GROUP) -> None:
    groups = [{"logGroupName": name, "arn": f"arn:{name}:*"}]

    def describe(logGroupNamePrefix: str) -> dict[str, Any]:  # noqa: N803 - boto3's own name
        return {"logGroups": [group for group in groups if group["logGroupName"].startswith(logGroupNamePrefix)]}

    def delete(logGroupName: str) -> dict[str, Any]:  # noqa: N803
        groups.remove(next(group for group in groups if group["logGroupName"] == logGroupName))
        return {}

    aws.answers |= {"describe_log_groups": describe, "delete_log_group": delete}


def test_nothing_left_is_clean(slipway: Callable[..., Any]) -> None:
    ran = slipway("verify-clean")
    assert (ran.status, ran.errors) == (0, "")
    assert ran.text == "local is clean: nothing is left over. Deployed: no stack\n"


def test_what_is_left_comes_with_its_reason_and_its_command(slipway: Callable[..., Any], aws: MemoryAws) -> None:
    leave_a_log_group(aws)
    ran = slipway("verify-clean")
    assert ran.status == 1
    assert f"log group       {GROUP}" in ran.text
    assert "its name is one that this environment gives" in ran.text
    assert (
        f"$ slipway local run -- aws logs delete-log-group --log-group-name {GROUP} --region {REGION}" in ran.text
    )


def test_a_stack_that_is_stuck_comes_with_its_status_and_how_to_roll_it_back(
    slipway: Callable[..., Any], aws: MemoryAws
) -> None:
    stuck = ("Slipway-local-scores", "UPDATE_ROLLBACK_FAILED", "Slipway: the endpoint scores of slipway-local")
    aws.stacks(stuck)
    ran = slipway("verify-clean", "--remove", "--yes")
    assert ran.status == 1
    assert aws.called("delete_stack") == []
    assert "$ slipway local run -- cdk rollback Slipway-local-scores -c env=local" in ran.text
    [verdict] = [line for line in ran.text.splitlines() if line.startswith("local: ")]
    assert verdict == "local: 1 left over. Deployed: Slipway-local-scores (UPDATE_ROLLBACK_FAILED)"


def test_a_key_that_tells_nothing_is_named_and_no_failure(slipway: Callable[..., Any], aws: MemoryAws) -> None:
    told = {"Code": "AccessDeniedException", "Message": "because no resource-based policy allows it"}
    aws.answers["list_keys"] = {"Keys": [{"KeyId": "closed-key", "KeyArn": "arn:closed-key"}]}
    aws.answers["describe_key"] = ClientError({"Error": told}, "DescribeKey")
    aws.answers["list_resource_tags"] = ClientError({"Error": told}, "ListResourceTags")
    ran = slipway("verify-clean")
    assert ran.status == 0
    assert "the key closed-key" in ran.errors
    document = json.loads(slipway("verify-clean", "--json").text)
    assert (document["clean"], document["closed"]) == (True, [{"kind": "key", "name": "closed-key"}])


def test_nothing_is_removed_without_being_asked(slipway: Callable[..., Any], aws: MemoryAws) -> None:
    leave_a_log_group(aws)
    assert "add --yes" in slipway("verify-clean", "--remove").error()
    assert aws.called("delete_log_group") == []


@pytest.mark.parametrize(("left", "says_more"), [("stack", True), ("log group", False)])
def test_the_question_says_what_goes_with_a_stack(
    slipway: Callable[..., Any], aws: MemoryAws, monkeypatch: pytest.MonkeyPatch, left: str, says_more: bool
) -> None:
    if left == "stack":
        text = "Slipway: the endpoint scores of slipway-local"
        aws.stacks(("Slipway-local-scores", "ROLLBACK_COMPLETE", text))
    else:
        leave_a_log_group(aws)
    terminal = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr(verify_clean, "sys", SimpleNamespace(stdin=terminal, stderr=io.StringIO()))
    ran = slipway("verify-clean", "--remove", stdin=b"n\n")
    assert "Remove these 1? What they hold is lost." in ran.errors
    assert ("With a stack go its resources" in ran.errors) is says_more
    assert (aws.called("delete_stack"), aws.called("delete_log_group")) == ([], [])


def test_what_was_removed_is_told(slipway: Callable[..., Any], aws: MemoryAws) -> None:
    leave_a_log_group(aws)
    ran = slipway("verify-clean", "--remove", "--yes", "--json")
    assert ran.status == 0
    told = json.loads(ran.text)
    assert told["clean"]
    assert told["removed"] == [{"kind": "log group", "name": GROUP}]


def test_what_may_not_be_looked_at_is_an_error(slipway: Callable[..., Any], aws: MemoryAws) -> None:
    aws.answers["list_roles"] = denied("list_roles")
    ran = slipway("verify-clean")
    assert ran.status == 1
    assert "could not look at roles" in ran.errors
    assert "not all could be looked at" in ran.text


def test_a_name_that_another_environments_file_gives_as_well_is_left_alone(
    slipway: Callable[..., Any], aws: MemoryAws, environments: Path
) -> None:
    write(environments, "local", "b-c")
    leave_a_log_group(aws, "/aws/sagemaker/Endpoints/slipway-local-b-c-serverless")
    assert slipway("verify-clean").status == 1
    write(environments, "local-b", "c")
    assert slipway("verify-clean").status == 0


def test_a_former_endpoint_can_be_named(slipway: Callable[..., Any], aws: MemoryAws) -> None:
    leave_a_log_group(aws, "/aws/sagemaker/Endpoints/slipway-local-old-serverless")
    assert slipway("verify-clean").status == 0
    assert slipway("verify-clean", "--former", "old").status == 1


def test_the_credentials_of_another_account_are_refused(slipway: Callable[..., Any], aws: MemoryAws) -> None:
    aws.answers["get_caller_identity"] = {"Account": "222222222222"}
    assert "your credentials are of 222222222222" in slipway("verify-clean").error(2)
    assert not aws.called("list_stacks")
