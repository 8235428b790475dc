"""AWS::Logs::LogGroup on the local AWS: a group that somebody else made is not taken over."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from local_aws import log_group_type

NAME = "/aws/sagemaker/Endpoints/a"
ARN = f"arn:aws:logs:us-east-1:000000000000:log-group:{NAME}"


@pytest.fixture
def create(fake_clients: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Create a log group in a stack, where there is one with tags, or none; returns its physical id."""
    provisioners = importlib.import_module("ministack.services.cloudformation.provisioners")
    client = boto3.session.Session().client(
        "logs", region_name="us-east-1", aws_access_key_id="0" * 12, aws_secret_access_key="local"
    )
    handlers = {"create": lambda _logical_id, properties, _stack: (properties.get("LogGroupName", "made"), {})}
    monkeypatch.setitem(provisioners._RESOURCE_HANDLERS, "AWS::Logs::LogGroup", handlers)
    log_group_type.complete(fake_clients(logs=client))

    def run(stack: str, properties: dict[str, Any], tags: dict[str, str] | None = None) -> str:
        with Stubber(client) as stub:
            groups = [{"logGroupName": f"{NAME}-longer", "arn": f"{ARN}-longer:*"}]
            if tags is not None:
                groups.append({"logGroupName": NAME, "arn": f"{ARN}:*"})
            if properties:
                stub.add_response("describe_log_groups", {"logGroups": groups}, {"logGroupNamePrefix": NAME})
            if tags is not None:
                stub.add_response("list_tags_for_resource", {"tags": tags}, {"resourceArn": ARN})
            made = str(handlers["create"]("Group", properties, stack)[0])
            stub.assert_no_pending_responses()
        return made

    return run


def test_one_that_is_not_there_is_made(create: Callable[..., Any]) -> None:
    assert create("Stack", {"LogGroupName": NAME}) == NAME
    assert create("Stack", {}) == "made"


@pytest.mark.parametrize("tags", [{}, {"aws:cloudformation:stack-name": "Another"}])
def test_one_of_somebody_elses_is_refused(create: Callable[..., Any], tags: dict[str, str]) -> None:
    with pytest.raises(RuntimeError, match="already exists"):
        create("Stack", {"LogGroupName": NAME}, tags)


def test_one_that_an_interrupted_operation_of_the_stack_made_is_taken_in(create: Callable[..., Any]) -> None:
    assert create("Stack", {"LogGroupName": NAME}, {"aws:cloudformation:stack-name": "Stack"}) == NAME
