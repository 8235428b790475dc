"""The JSON protocol: which operation, a readable body, and what is not implemented."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.parsers import create_parser

from local_aws import ministack_seam as seam
from local_aws.api_error import ApiError
from local_aws.json_service import JsonService


@pytest.fixture(scope="module")
def service() -> JsonService:
    def describe(request: dict[str, Any]) -> dict[str, Any]:
        if request["ModelName"] == "missing":
            raise ApiError("ValidationException", "Could not find model")
        return {"ModelName": request["ModelName"], "ModelArn": f"arn:{seam.account()}:{seam.region()}"}

    return JsonService("sagemaker", {"DescribeModel": describe})


def ask(service: JsonService, operation: str, body: bytes) -> tuple[int, Mapping[str, str], dict[str, Any]]:
    headers = {"x-amz-target": f"SageMaker.{operation}"}
    status, answered, content = asyncio.run(service.handle_request("POST", "/", headers, body, {}))
    return status, answered, json.loads(content)


def as_boto3_reads(service: JsonService, operation: str, body: bytes) -> dict[str, Any]:
    headers = {"x-amz-target": f"SageMaker.{operation}"}
    status, answered, content = asyncio.run(service.handle_request("POST", "/", headers, body, {}))
    response = {"status_code": status, "headers": answered, "body": content}
    return create_parser("json").parse(response, service.api_model.operation("DescribeModel").output_shape)


def test_an_answer_is_what_the_operation_returned(service: JsonService) -> None:
    answer = as_boto3_reads(service, "DescribeModel", b'{"ModelName": "linear"}')

    assert answer["ModelName"] == "linear"


def test_an_operation_acts_in_the_account_and_region_of_the_request(service: JsonService) -> None:
    with seam.request_scope("123456789012", "eu-central-1"):
        _, _, answer = ask(service, "DescribeModel", b'{"ModelName": "linear"}')

    assert answer["ModelArn"] == "arn:123456789012:eu-central-1"


def test_an_error_is_read_as_such_by_boto3(service: JsonService) -> None:
    answer = as_boto3_reads(service, "DescribeModel", b'{"ModelName": "missing"}')

    assert answer["Error"] == {"Code": "ValidationException", "Message": "Could not find model"}
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize("operation", ["NoSuchThing", "", "describemodel"])
def test_an_operation_that_sagemaker_lacks_is_refused(service: JsonService, operation: str) -> None:
    status, headers, answer = ask(service, operation, b"{}")

    assert status == 400
    assert headers["x-amzn-errortype"] == answer["__type"] == "UnknownOperationException"
    assert repr(operation) in answer["message"]


@pytest.mark.parametrize("operation", ["CreateTrainingJob", "CreateModel"])
def test_an_operation_that_is_not_implemented_is_refused_by_name(service: JsonService, operation: str) -> None:
    status, _, answer = ask(service, operation, b"{}")

    assert 400 <= status < 500
    assert f"sagemaker:{operation}" in answer["message"]
    assert "does not implement" in answer["message"]


@pytest.mark.parametrize(
    "body",
    [b"{", b"nothing", b'"text"', b"[]", b"null", b"\xff\xfe", b"[" * 100_000],
    ids=["cut", "word", "string", "list", "null", "no text", "nested"],
)
def test_a_body_that_is_no_json_object_is_refused(service: JsonService, body: bytes) -> None:
    status, _, answer = ask(service, "DescribeModel", body)

    assert status == 400
    assert answer["__type"] == "SerializationException"


def test_no_body_is_an_empty_request(service: JsonService) -> None:
    status, _, answer = ask(service, "DescribeModel", b"")

    assert status == 400
    assert "'modelName'" in answer["message"]


def test_a_request_is_checked_before_the_operation_runs(service: JsonService) -> None:
    status, _, answer = ask(service, "DescribeModel", b'{"ModelName": "under_score"}')

    assert status == 400
    assert "regular expression pattern" in answer["message"]
