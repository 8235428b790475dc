"""Data capture: where it goes, who may write it there, and when it is deleted."""

from collections.abc import Callable
from typing import Any

import pytest

Synthesize = Callable[..., Any]
CONFIG = "AWS::SageMaker::EndpointConfig"
BUCKET = "slipway-made-artifacts-123456789012-eu-central-1"
MADE = """
account: "123456789012"
region: eu-central-1
endpoints:
  linear:
    model: linear
    hosting: {type: real-time, instance_type: ml.c7i.large}
    data_capture: CAPTURE
"""
DEFAULTS = MADE.replace("CAPTURE", "{}")
CHOSEN = MADE.replace(
    "CAPTURE", "{initial_sampling_percentage: 20, input: false, prefix: /kept/ours/, expiration_in_days: 3}"
)


def lifecycle_rules(assembly: Any) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = assembly.artifacts.only("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    return rules


def write_statement(assembly: Any) -> dict[str, Any]:
    policy = assembly.endpoint().only("AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    (statement,) = [statement for statement in policy if statement["Sid"] == "WriteCaptures"]
    return dict(statement)


def test_by_default_all_requests_and_answers_are_captured_readably(synthesize: Synthesize) -> None:
    assert synthesize(text=DEFAULTS).endpoint().only(CONFIG)["DataCaptureConfig"] == {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/captures/linear/",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
    }


def test_what_the_settings_choose_is_taken(synthesize: Synthesize) -> None:
    config = synthesize(text=CHOSEN).endpoint().only(CONFIG)["DataCaptureConfig"]
    assert config["InitialSamplingPercentage"] == 20
    assert config["DestinationS3Uri"] == f"s3://{BUCKET}/kept/ours/"
    assert config["CaptureOptions"] == [{"CaptureMode": "Output"}]


def test_the_role_writes_under_the_prefix_alone(synthesize: Synthesize) -> None:
    for text, prefix in ((DEFAULTS, "captures/linear"), (CHOSEN, "kept/ours")):
        statement = write_statement(synthesize(text=text))
        assert statement["Action"] == "s3:PutObject"
        assert statement["Resource"] == f"arn:aws:s3:::{BUCKET}/{prefix}/*"


@pytest.mark.parametrize(("region", "partition"), [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")])
def test_the_role_writes_captures_in_every_partition(synthesize: Synthesize, region: str, partition: str) -> None:
    statement = write_statement(synthesize(text=DEFAULTS.replace("eu-central-1", region)))
    assert statement["Resource"].startswith(f"arn:{partition}:s3:::")


def test_captures_expire_and_nothing_else_does(synthesize: Synthesize) -> None:
    *others, rule = lifecycle_rules(synthesize(text=CHOSEN))
    assert rule == {
        "Id": "captures-of-linear",
        "Status": "Enabled",
        "Prefix": "kept/ours/",
        "ExpirationInDays": 3,
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
    }
    assert not any("ExpirationInDays" in other for other in others)


def test_without_it_nothing_is_captured_or_granted(synthesize: Synthesize) -> None:
    assembly = synthesize("prod")
    assert "DataCaptureConfig" not in assembly.endpoint().only(CONFIG)
    assert "captures" not in str(assembly.endpoint().only("AWS::IAM::Policy"))
