"""An endpoint whose tarball is in S3 already: nothing is packed, and the role may read that object alone."""

from collections.abc import Callable
from typing import Any

import pytest

from stacks.environment_app import EnvironmentApp
from stacks.settings import load_environment

Synthesize = Callable[..., Any]
MODEL = "AWS::SageMaker::Model"
THEIRS = """
account: "123456789012"
region: eu-central-1
endpoints:
  linear:
    model_data: {s3_uri: s3://their-bucket/models/fraud-7/model.tar.gz, etag: ETAG}
    hosting: {type: serverless}
"""
TEXT = THEIRS.replace("ETAG", "'\"9b2cf535f27731c974343645a3985328-3\"'")


def test_a_serverless_model_names_the_object_as_serverless_endpoints_take_it(synthesize: Synthesize) -> None:
    container = synthesize(text=TEXT).endpoint().only(MODEL)["PrimaryContainer"]
    assert container["ModelDataUrl"] == "s3://their-bucket/models/fraud-7/model.tar.gz"
    assert "ModelDataSource" not in container


def test_the_model_reads_the_object_as_it_is(synthesize: Synthesize) -> None:
    on_instances = TEXT.replace("{type: serverless}", "{type: real-time, instance_type: ml.c7i.large}")
    container = synthesize(text=on_instances).endpoint().only(MODEL)["PrimaryContainer"]
    assert "ModelDataUrl" not in container
    assert container["ModelDataSource"] == {
        "S3DataSource": {
            "S3Uri": "s3://their-bucket/models/fraud-7/model.tar.gz",
            "S3DataType": "S3Object",
            "CompressionType": "Gzip",
        }
    }


def test_another_etag_makes_another_model(synthesize: Synthesize) -> None:
    first, second, none = (
        synthesize(text=text).endpoint().only(MODEL)["PrimaryContainer"]
        for text in (TEXT, TEXT.replace("9b2c", "0000"), THEIRS.replace(", etag: ETAG", ""))
    )
    assert first["Environment"] == {"SLIPWAY_MODEL_DATA_ETAG": "9b2cf535f27731c974343645a3985328-3"}
    assert first != second
    assert "Environment" not in none


def test_nothing_is_packed_or_published_as_a_model(synthesize: Synthesize) -> None:
    assembly = synthesize(text=TEXT)
    sources = [file["source"]["path"] for file in assembly.assets()["files"].values()]
    assert not [path for path in sources if path.endswith(".tar.gz")]
    assert "slipway:model-digest" not in str(assembly.endpoint().only(MODEL))


def test_the_models_of_the_other_endpoints_alone_are_asked_for(tmp_path: Any) -> None:
    (tmp_path / "made.yaml").write_text(TEXT)
    asked: list[Any] = []
    EnvironmentApp({}, tmp_path / "cdk.out").package_models(load_environment("made", tmp_path), asked.append)  # type: ignore[arg-type]
    assert asked == []


@pytest.mark.parametrize("region", ["eu-central-1", "cn-north-1"])
def test_the_role_may_read_that_object_and_no_other(synthesize: Synthesize, region: str) -> None:
    policy = synthesize(text=TEXT.replace("eu-central-1", region)).endpoint().only("AWS::IAM::Policy")
    (read,) = [statement for statement in policy["PolicyDocument"]["Statement"] if statement["Sid"] == "ReadModel"]
    partition = "aws-cn" if region.startswith("cn-") else "aws"
    assert read["Action"] == "s3:GetObject"
    assert read["Resource"] == f"arn:{partition}:s3:::their-bucket/models/fraud-7/model.tar.gz"


def test_the_output_names_the_object(synthesize: Synthesize) -> None:
    outputs = synthesize(text=TEXT).endpoint().content["Outputs"]
    assert outputs["ModelDataUrl"]["Value"] == "s3://their-bucket/models/fraud-7/model.tar.gz"
