"""`slipway invoke` of an asynchronous endpoint: through S3 and back."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.response import StreamingBody

from slipway.commands import invoke as invoke_module
from slipway.environments import ENVIRONMENTS_VARIABLE

NAME = "slipway-local-queued-async"
OUTPUT, FAILURE = "s3://bucket/async/queued/output/1.out", "s3://bucket/async/queued/failure/1.err"
SETTINGS = """
account: "000000000000"
region: us-east-1
endpoints:
  queued: {model: linear, hosting: {type: async, instance_type: ml.c7i.large}}
"""


@pytest.fixture
def queued(aws: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Have an asynchronous endpoint that takes one request; a test says what appears in S3."""
    (tmp_path / "local.yaml").write_text(SETTINGS)
    monkeypatch.setenv(ENVIRONMENTS_VARIABLE, str(tmp_path))
    monkeypatch.setattr(invoke_module, "connect", lambda settings: aws)
    aws.deployed(NAME)
    aws.stub("s3").add_response("put_object", {})
    answer = {"InferenceId": "1", "OutputLocation": OUTPUT, "FailureLocation": FAILURE}
    aws.stub("sagemaker-runtime").add_response("invoke_endpoint_async", answer)
    return aws


def missing(aws: Any, code: str = "NoSuchKey") -> None:
    aws.stub("s3").add_client_error("get_object", code)


def there(aws: Any, body: bytes) -> None:
    found = {"Body": StreamingBody(io.BytesIO(body), len(body)), "ContentType": "application/json"}
    aws.stub("s3").add_response("get_object", found)


def requests(aws: Any, operation: str) -> list[dict[str, Any]]:
    return [request for name, request in aws.requests if name == operation]


def test_the_body_goes_to_s3_and_the_answer_is_waited_for(slipway: Callable[..., Any], queued: Any) -> None:
    for code in ("NoSuchKey", "NoSuchKey", "AccessDenied", "AccessDenied"):  # twice for each of the two places
        missing(queued, code)
    there(queued, b"[0.5]")
    bodies: list[Any] = []
    event = "before-parameter-build.s3.PutObject"  # later on, boto3 makes a file of the body, and closes it
    queued("s3").meta.events.register_first(event, lambda params, **_: bodies.append(params["Body"]))

    ran = slipway("invoke", "queued", "--data", "[[1, 2]]", "--accept", "text/csv")

    assert (ran.status, ran.text) == (0, "[0.5]\n")
    (put,), (sent,) = requests(queued, "PutObject"), requests(queued, "InvokeEndpointAsync")
    assert put["Bucket"] == "slipway-local-artifacts-000000000000-us-east-1"
    assert put["Key"].startswith("async/queued/input/")
    assert (bodies, put["ContentType"]) == ([b"[[1, 2]]"], "application/json")
    assert sent["InputLocation"] == f"s3://{put['Bucket']}/{put['Key']}"
    assert (sent["EndpointName"], sent["Accept"]) == (NAME, "text/csv")
    last = requests(queued, "GetObject")[-1]
    assert (last["Bucket"], last["Key"]) == ("bucket", "async/queued/output/1.out")


def test_a_failure_is_told(slipway: Callable[..., Any], queued: Any) -> None:
    missing(queued)
    there(queued, b"bad input\n")

    assert slipway("invoke", "queued", "--data", "x").error() == f"{NAME} failed: bad input"


def test_an_answer_that_does_not_come_in_time_is_told_with_where_it_will_be(
    slipway: Callable[..., Any], queued: Any
) -> None:
    missing(queued)
    missing(queued)

    error = slipway("invoke", "queued", "--data", "x", "--timeout", "0").error()

    assert error == f"{NAME} has not answered within 0 s; the answer will be at {OUTPUT}"


def test_another_error_of_s3s_is_not_taken_for_a_missing_answer(slipway: Callable[..., Any], queued: Any) -> None:
    missing(queued, "NoSuchBucket")

    assert "NoSuchBucket" in slipway("invoke", "queued", "--data", "x").error()


def test_no_variant_can_be_asked_for(slipway: Callable[..., Any], queued: Any) -> None:
    error = slipway("invoke", "queued", "--data", "x", "--variant", "AllTraffic").error()

    assert "takes no --variant" in error
    assert requests(queued, "PutObject") == requests(queued, "InvokeEndpointAsync") == []
