"""Data capture: what is written to S3 of requests and answers."""

from __future__ import annotations

import base64
import json
import logging
import re
from typing import Any

import pytest

from local_aws.sagemaker.data_capture import DataCapture
from local_aws.sagemaker.role_rights import RoleRights

ROLE = "arn:aws:iam::000000000000:role/execution"
CONFIG = {
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://bucket/captured/",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"], "CsvContentTypes": ["text/csv"]},
}


class S3:
    def __init__(self) -> None:
        self.objects: list[dict[str, Any]] = []

    def put_object(self, **request: Any) -> None:
        self.objects.append(request)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for each in self.objects for line in each["Body"].decode().splitlines()]


class Iam:
    def __init__(self) -> None:
        self.decision = "allowed"
        self.asked: list[tuple[Any, ...]] = []

    def simulate_principal_policy(self, **request: Any) -> dict[str, Any]:
        self.asked.append((request["PolicySourceArn"], *request["ActionNames"], *request["ResourceArns"]))
        return {"EvaluationResults": [{"EvalDecision": self.decision}]}


@pytest.fixture
def s3() -> S3:
    return S3()


@pytest.fixture
def iam() -> Iam:
    return Iam()


@pytest.fixture
def capture(
    s3: S3, iam: Iam, *, fake_clients: Any, variant: Any, http_container: Any, invoker: Any, answering: Any
) -> Any:
    """Send a request to a variant that captures, and return what it wrote."""

    def send(content_type: str = "application/json", body: bytes = b"[1]", **members: Any) -> list[dict[str, Any]]:
        status = members.pop("status", 200)
        inference_id = members.pop("inference_id", None)
        served = variant("blue", http_container(answering(status, b"2,3", {"Content-Type": "text/csv"})))
        rights = RoleRights(fake_clients(s3=s3, iam=iam))
        served.capture = DataCapture({**CONFIG, **members}, "endpoint", "blue", ROLE, rights)

        class Running:
            def running(self, *_: str) -> list[Any]:
                return [served]

        more = {"x_amzn_sagemaker_inference_id": inference_id} if inference_id else {}
        invoker(Running())(body, content_type=content_type, **more)
        served.capture.close()
        return s3.lines

    return send


def test_a_line_has_request_answer_and_metadata(capture: Any, s3: S3) -> None:
    (line,) = capture(inference_id="mine")

    assert line["captureData"] == {
        "endpointInput": {
            "observedContentType": "application/json",
            "mode": "INPUT",
            "data": "[1]",
            "encoding": "JSON",
        },
        "endpointOutput": {"observedContentType": "text/csv", "mode": "OUTPUT", "data": "2,3", "encoding": "CSV"},
    }
    assert line["eventMetadata"]["inferenceId"] == "mine"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line["eventMetadata"]["inferenceTime"])
    assert line["eventVersion"] == "0"
    (written,) = s3.objects
    key = r"captured/endpoint/blue/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl"
    assert written["Bucket"] == "bucket"
    assert re.fullmatch(key, written["Key"])


def test_what_is_neither_json_nor_csv_is_in_base64(capture: Any) -> None:
    (line,) = capture("application/x-npy", b"\x93NUMPY")

    given = line["captureData"]["endpointInput"]
    assert (given["encoding"], base64.b64decode(given["data"])) == ("BASE64", b"\x93NUMPY")


def test_without_headers_everything_is_in_base64(capture: Any) -> None:
    (line,) = capture(CaptureContentTypeHeader={})

    assert {part["encoding"] for part in line["captureData"].values()} == {"BASE64"}


@pytest.mark.parametrize(
    ("mode", "parts"),
    [
        ("Input", {"endpointInput"}),
        ("Output", {"endpointOutput"}),
        ("InputAndOutput", {"endpointInput", "endpointOutput"}),
    ],
)
def test_the_mode_says_what_is_captured(capture: Any, mode: str, parts: set[str]) -> None:
    (line,) = capture(CaptureOptions=[{"CaptureMode": mode}])

    assert line["captureData"].keys() == parts


def test_nothing_is_sampled_at_zero_per_cent(capture: Any) -> None:
    assert capture(InitialSamplingPercentage=0) == []


def test_what_failed_is_not_captured(capture: Any) -> None:
    assert capture(status=500) == []


def test_the_key_encrypts(capture: Any, s3: S3) -> None:
    capture(KmsKeyId="alias/mine")

    assert s3.objects[0]["SSEKMSKeyId"] == "alias/mine"


def test_the_role_is_asked_for_the_object(capture: Any, s3: S3, iam: Iam) -> None:
    capture()

    assert iam.asked == [(ROLE, "s3:PutObject", f"arn:aws:s3:::bucket/{s3.objects[0]['Key']}")]


def test_a_role_that_may_not_write_loses_the_data_and_says_so(
    capture: Any, iam: Iam, caplog: pytest.LogCaptureFixture
) -> None:
    iam.decision = "implicitDeny"

    with caplog.at_level(logging.WARNING):
        assert capture() == []

    assert "not authorized to perform: s3:PutObject" in caplog.text
