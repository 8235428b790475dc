"""The templates of the four environments as they were reviewed, and what no deployment may replace.

After a change that is meant, `pytest tests/stacks/test_snapshots.py --snapshot-update` writes them anew, and the
pull request shows what it does to each environment.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from .readable_template import readable

Synthesize = Callable[..., Any]

ENVIRONMENTS = ["local", "dev", "staging", "prod"]
# One of each stateful resource that an environment can have.
EVERYTHING = """\
account: "111122223333"
region: eu-central-1
removal: retain
encryption: {bucket: made}
training: {instance_type: ml.c7i.2xlarge}
endpoints:
  small: {model: linear, container: slim, hosting: {type: serverless}}
  big:
    model: linear
    container: slim
    hosting: {type: real-time, instance_type: ml.c7i.large}
    encryption: {volume: made}
  queued: {model: linear, container: slim, hosting: {type: async, instance_type: ml.c7i.large}}
"""


class Kind(NamedTuple):
    """A type of resource whose content cannot be made again, or that others know by its name."""

    property: str
    """Which tells one resource of the type from another."""
    loss: str
    """What a deployment does to the one that is there, where its logical id or its name becomes another."""


KINDS = {
    "AWS::ECR::Repository": Kind(
        "RepositoryName", "deletes the images that endpoints run, so that none of them can scale out"
    ),
    "AWS::KMS::Key": Kind(
        "Description", "schedules the key for deletion: nothing that it encrypted can be read after that"
    ),
    "AWS::Logs::LogGroup": Kind("LogGroupName", "deletes what the endpoint's containers wrote"),
    "AWS::S3::Bucket": Kind("BucketName", "deletes every model, capture and answer in the bucket"),
    "AWS::SSM::Parameter": Kind("Name", "takes the parameter away, by which others find what it names"),
}
BUCKET, KEY, LOGS, PARAMETER, REPOSITORY = (
    *("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::SSM::Parameter"),
    "AWS::ECR::Repository",
)
STATEFUL = {
    "artifacts": {
        "ArtifactBucket7410C9EF": (BUCKET, "slipway-made-artifacts-111122223333-eu-central-1"),
        "BucketKey7092080A": (KEY, "Encrypts the artifact bucket of slipway-made"),
        "BucketKeyArn": (PARAMETER, "/slipway/made/bucket-key-arn"),
        "ImageRepositoryBBCBC9DF": (REPOSITORY, "slipway-made"),
    },
    "training": {"TrainingRoleArn": (PARAMETER, "/slipway/made/training-role-arn")},
    "small": {
        "CallersEndpointNameAEEC5657": (PARAMETER, "/slipway/made/small/endpoint-name"),
        "ServerlessLogGroup": (LOGS, "/aws/sagemaker/Endpoints/slipway-made-small-serverless"),
    },
    "big": {
        "CallersEndpointNameAEEC5657": (PARAMETER, "/slipway/made/big/endpoint-name"),
        "EncryptionKey1B843E66": (KEY, "Encrypts what Slipway-made-big keeps"),
        "RealTimeLogGroup": (LOGS, "/aws/sagemaker/Endpoints/slipway-made-big-real-time"),
    },
    "queued": {
        "AsyncLogGroup": (LOGS, "/aws/sagemaker/Endpoints/slipway-made-queued-async"),
        "CallersEndpointNameAEEC5657": (PARAMETER, "/slipway/made/queued/endpoint-name"),
    },
}


class Yaml(SingleFileSnapshotExtension):
    """A file of YAML for each stack."""

    file_extension = "yaml"
    _write_mode = WriteMode.TEXT

    def serialize(self, data: Any, **_: Any) -> str:
        return yaml.safe_dump(data, width=110, allow_unicode=True)


def templates(assembly: Any) -> dict[str, dict[str, Any]]:
    """The templates by the names of their stacks."""
    files = sorted(assembly.directory.glob("*.template.json"))
    return {file.name.removesuffix(".template.json"): json.loads(file.read_text()) for file in files}


def stateful(template: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Type and name of the stateful resources by logical id."""
    return {
        logical_id: (resource["Type"], resource["Properties"][KINDS[resource["Type"]].property])
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] in KINDS
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_template(environment: str, synthesize: Synthesize, snapshot: SnapshotAssertion) -> None:
    for name, template in templates(synthesize(environment)).items():
        assert readable(template) == snapshot(name=name, extension_class=Yaml)


def test_no_deployment_replaces_what_is_stateful(synthesize: Synthesize) -> None:
    found = {name: stateful(template) for name, template in templates(synthesize("made", EVERYTHING)).items()}
    expected = {f"Slipway-made-{stack}": resources for stack, resources in STATEFUL.items()}
    losses = [
        f"{stack}: {logical_id} is no longer {name}: a deployment {KINDS[kind].loss}"
        for stack, resources in expected.items()
        for logical_id, (kind, name) in resources.items()
        if found.get(stack, {}).get(logical_id) != (kind, name)
    ]
    assert not losses, "\n".join(losses)
    assert found == expected, "a stateful resource is new: write down its logical id, which must stay"


def test_a_snapshot_shows_no_digest_and_writes_documents_out() -> None:
    digest = "0123456789abcdef" * 4
    template = {
        "Url": f"s3://bucket/models/linear/{digest}.tar.gz",
        "Arn": {"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket", "Arn"]}, "/*"]]},
        "Body": {"Fn::Join": ["", ['{"alarms":["', {"Ref": "Alarm"}, '"]}']]},
        "Policy": '{"rules":[1]}',
        "Name": {"Ref": "Bucket"},
    }
    assert readable(template) == {
        "Url": "s3://bucket/models/linear/<digest>.tar.gz",
        "Arn": "${Bucket.Arn}/*",
        "Body": {"alarms": ["${Alarm}"]},
        "Policy": {"rules": [1]},
        "Name": {"Ref": "Bucket"},
    }
