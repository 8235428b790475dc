"""One request to an endpoint: the one that is there decides how, whatever the settings say by now."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from slipway.invocation import DeployedEndpoint, Request
from slipway.sending import send
from stacks.settings import EnvironmentSettings

QUEUED, AT_ONCE = "slipway-test-scores-async", "slipway-test-scores-real-time"
OUTPUT = "s3://bucket/1.out"
JSON = Request(b"[1]", "application/json", "application/json")
INPUTS = {
    "{type: async, instance_type: ml.c7i.large, input_prefix: in}": "in/",
    "{type: real-time, instance_type: ml.c7i.large}": "async/scores/input/",
}


@pytest.fixture(params=list(INPUTS), ids=["settings-of-a-queue", "settings-of-none"])
def settings(request: Any, environment_file: Callable[..., EnvironmentSettings]) -> EnvironmentSettings:
    return environment_file(f"  scores: {{model: linear, hosting: {request.param}}}")


@pytest.fixture
def deployed(aws: Any, settings: EnvironmentSettings) -> DeployedEndpoint:
    return DeployedEndpoint(aws, settings, "scores")


def takes(aws: Any) -> None:
    """Let S3 take a request, and the endpoint put it into its queue."""
    aws.stub("s3").add_response("put_object", {})
    answer = {"InferenceId": "1", "OutputLocation": OUTPUT}
    aws.stub("sagemaker-runtime").add_response("invoke_endpoint_async", answer)


def is_answered(aws: Any, body: bytes) -> None:
    found = {"Body": StreamingBody(io.BytesIO(body), len(body)), "ContentType": "application/json"}
    aws.stub("s3").add_response("get_object", found)


def operations(aws: Any) -> list[str]:
    return [operation for operation, _ in aws.requests]


def test_a_queue_is_asked_by_way_of_s3_whatever_the_settings_say(
    aws: Any, deployed: DeployedEndpoint, settings: EnvironmentSettings
) -> None:
    aws.deployed(QUEUED)
    takes(aws)
    is_answered(aws, b"[2]")

    response = send(deployed, JSON)

    assert (response.endpoint_name, response.body) == (QUEUED, b"[2]")
    hosting = settings.endpoints["scores"].hosting
    (put,) = [asked for operation, asked in aws.requests if operation == "PutObject"]
    assert put["Key"].startswith("in/" if hosting.has_queue else "async/scores/input/")


@pytest.mark.parametrize(
    "name", [AT_ONCE, "slipway-test-scores-real-time-c7i-large", "slipway-test-scores-serverless"]
)
def test_an_endpoint_without_a_queue_is_asked_directly_whatever_the_settings_say(
    aws: Any, deployed: DeployedEndpoint, name: str
) -> None:
    aws.deployed(name)
    aws.answers(b"[3]")

    assert send(deployed, JSON).body == b"[3]"
    assert operations(aws) == ["GetParameter", "InvokeEndpoint"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ValidationError", f"Endpoint {AT_ONCE} of account 000000000000 not found."),
        (
            "ValidationError",
            f"Endpoint {AT_ONCE} is an asynchronous endpoint and does not support InvokeEndpoint.",
        ),
        ("AccessDeniedException", "not authorized to perform: sagemaker:InvokeEndpoint"),
    ],
    ids=["gone", "other-kind", "no-longer-allowed"],
)
def test_one_that_became_a_queue_is_found_there(
    aws: Any, deployed: DeployedEndpoint, code: str, message: str
) -> None:
    aws.deployed(AT_ONCE)
    aws.refuses(code, message)
    aws.deployed(f"{QUEUED}-c7i-large")
    takes(aws)
    is_answered(aws, b"[4]")

    response = send(deployed, JSON)

    assert (response.endpoint_name, response.body) == (f"{QUEUED}-c7i-large", b"[4]")


def test_a_queue_that_became_another_endpoint_is_found_there(aws: Any, deployed: DeployedEndpoint) -> None:
    aws.deployed(QUEUED)
    aws.stub("s3").add_client_error("put_object", "AccessDenied")
    aws.deployed(AT_ONCE)
    aws.answers(b"[5]")

    assert send(deployed, JSON).endpoint_name == AT_ONCE


def test_who_may_not_call_it_is_told_so_after_one_more_look(aws: Any, deployed: DeployedEndpoint) -> None:
    aws.deployed(AT_ONCE)
    aws.refuses("AccessDeniedException", "not authorized")
    aws.deployed(AT_ONCE)

    with pytest.raises(ClientError, match="not authorized"):
        send(deployed, JSON)
    assert operations(aws) == ["GetParameter", "InvokeEndpoint", "GetParameter"]
