"""An uncompressed model: every file is published where the Model looks for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

Synthesize = Callable[..., Any]
MODEL = "AWS::SageMaker::Model"
BUCKET = "slipway-made-artifacts-123456789012-eu-central-1"
TEXT = """
account: "123456789012"
region: eu-central-1
endpoints:
  linear:
    model: linear
    artifact: uncompressed
    hosting: {type: real-time, instance_type: ml.c7i.large}
"""


def published(assembly: Any) -> dict[str, dict[str, Any]]:
    """The files that the CDK CLI publishes, without the template, by their keys."""
    files = assembly.assets()["files"].values()
    return {
        destination["objectKey"]: {**file, "destination": destination}
        for file in files
        for destination in file["destinations"].values()
        if not file["source"]["path"].endswith(".template.json")
    }


def prefix(assembly: Any) -> str:
    return f"models/linear/{assembly.package.digest}/"


def test_the_model_reads_all_files_under_the_packages_digest(synthesize: Synthesize) -> None:
    assembly = synthesize(text=TEXT)
    container = assembly.endpoint().only(MODEL)["PrimaryContainer"]
    assert "ModelDataUrl" not in container
    assert container["ModelDataSource"] == {
        "S3DataSource": {
            "S3Uri": f"s3://{BUCKET}/{prefix(assembly)}",
            "S3DataType": "S3Prefix",
            "CompressionType": "None",
        }
    }


def test_every_member_is_published_there_and_the_tarball_is_not(synthesize: Synthesize) -> None:
    assembly = synthesize(text=TEXT)
    files = published(assembly)
    members = ["code/inference.py", "manifest.json", "model.pt", "serving.json"]
    assert sorted(files) == [f"{prefix(assembly)}{member}" for member in members]
    for file in files.values():
        assert file["source"]["packaging"] == "file"
        assert file["destination"]["bucketName"] == BUCKET
        assert "file-publishing-role" in file["destination"]["assumeRoleArn"]
    weights = files[f"{prefix(assembly)}model.pt"]["source"]["path"]
    assert Path(weights).read_bytes() == b"weights"


def test_the_files_ids_differ_and_their_stack_waits_for_the_bucket(synthesize: Synthesize) -> None:
    assembly = synthesize(text=TEXT)
    assert len(assembly.assets()["files"]) == 1 + len(published(assembly))
    assert "Slipway-made-artifacts" in assembly.manifest["Slipway-made-linear.assets"]["dependencies"]


def test_the_role_reads_and_lists_the_endpoints_prefix(synthesize: Synthesize) -> None:
    policy = synthesize(text=TEXT).endpoint().only("AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    statements = {statement["Sid"]: statement for statement in policy}
    assert statements["ReadModel"]["Resource"] == f"arn:aws:s3:::{BUCKET}/models/linear/*"
    assert statements["ListModel"] == {
        "Sid": "ListModel",
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": f"arn:aws:s3:::{BUCKET}",
        "Condition": {"StringLike": {"s3:prefix": "models/linear/*"}},
    }


def test_a_compressed_one_lists_nothing(synthesize: Synthesize) -> None:
    assert "s3:ListBucket" not in str(synthesize("prod").endpoint().only("AWS::IAM::Policy"))
