"""An AWS in memory, as far as a survey looks at it: what a test does not give it is empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from stacks.settings import EnvironmentSettings

ACCOUNT = "000000000000"
REGION = "us-east-1"
_EMPTY: dict[str, Any] = {
    "list_buckets": {"Buckets": []},
    "list_stacks": {"StackSummaries": []},
    "get_bucket_tagging": {"TagSet": []},
    "list_tags_for_resource": {"Tags": [], "tags": {}, "TagList": []},
    "get_caller_identity": {"Account": ACCOUNT},
}


class MemoryAws:
    """boto3 clients whose answers are set by operation; a function is called with the request."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, _service: str) -> Any:
        return _Client(self)

    def answer(self, operation: str, request: dict[str, Any]) -> Any:
        self.calls.append((operation, request))
        answer = self.answers.get(operation, _EMPTY.get(operation, {}))
        if isinstance(answer, ClientError):
            raise answer
        return answer(**request) if callable(answer) else answer

    def called(self, operation: str) -> list[dict[str, Any]]:
        return [request for name, request in self.calls if name == operation]

    def stacks(self, *stacks: tuple[str, str, str], resources: Mapping[str, list[str]] | None = None) -> None:
        """Have stacks of a name, a status and a description, with resources by their physical ids."""
        summaries = [
            {"StackName": name, "StackId": f"arn:{name}", "StackStatus": status, "TemplateDescription": text}
            for name, status, text in stacks
        ]
        self.answers["list_stacks"] = {"StackSummaries": summaries}

        def resources_of(StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's own name
            ids = (resources or {}).get(StackName.removeprefix("arn:"), [])
            members = [{"PhysicalResourceId": one, "ResourceStatus": "CREATE_COMPLETE"} for one in ids]
            return {"StackResourceSummaries": members}

        self.answers["list_stack_resources"] = resources_of

    def endpoints(self, *names: str, tags: Mapping[str, str] | None = None) -> None:
        """Have SageMaker endpoints, whose tags name a stack each where they are given."""
        self.answers["list_endpoints"] = {
            "Endpoints": [{"EndpointName": name, "EndpointArn": endpoint_arn(name)} for name in names]
        }

        def tags_of(ResourceArn: str) -> dict[str, Any]:  # noqa: N803
            stack = (tags or {}).get(ResourceArn.rpartition("/")[2])
            return {"Tags": [{"Key": "aws:cloudformation:stack-name", "Value": stack}] if stack else []}

        self.answers["list_tags"] = tags_of


class _Client:
    def __init__(self, aws: MemoryAws) -> None:
        self._aws = aws

    def get_paginator(self, operation: str) -> Any:
        return _Pages(self._aws, operation)

    def __getattr__(self, operation: str) -> Any:
        return lambda **request: self._aws.answer(operation, request)


class _Pages:
    def __init__(self, aws: MemoryAws, operation: str) -> None:
        self._aws, self._operation = aws, operation

    def paginate(self, **request: Any) -> Any:
        yield self._aws.answer(self._operation, request)


def endpoint_arn(name: str) -> str:
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/{name}"


def denied(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}, operation)


@pytest.fixture
def aws() -> MemoryAws:
    return MemoryAws()


def settings_of(*endpoints: str, **changes: Any) -> EnvironmentSettings:
    """Settings of the environment `local` with serverless endpoints."""
    hosting = {"type": "serverless", "memory_size_in_mb": 2048}
    one = {"model": "linear", "container": "slim", "hosting": hosting}
    document = {
        "name": "local",
        "account": ACCOUNT,
        "region": REGION,
        "removal": "destroy",
        "endpoints": dict.fromkeys(endpoints, one),
        **changes,
    }
    return EnvironmentSettings.model_validate(document)
