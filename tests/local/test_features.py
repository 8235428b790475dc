"""Data capture, keys, uncompressed data, VPC and observability, deployed together on the local AWS."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .conftest import ACCOUNT, REGION, Machine, Project

BUCKET = f"featured-local-artifacts-{ACCOUNT}-{REGION}"
ENDPOINT = {
    "container": "slim",
    "artifact": "uncompressed",
    "hosting": {"type": "real-time", "instance_type": "ml.c7i.large"},
    "data_capture": {"initial_sampling_percentage": 100, "expiration_in_days": 14},
    "network": {
        "subnets": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
        "security_group_ids": ["sg-0123456789abcdef0"],
    },
    "encryption": {"volume": "made", "data_capture": "made", "topics": "made"},
    "observability": {"alarm_topic": "made"},
    "additional_statements": [
        {"sid": "ReadOurs", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::ours/*"]}
    ],
}


@pytest.fixture(scope="module")
def featured(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose endpoint has all of it."""
    folder = tmp_path_factory.mktemp("featured")
    project = Project(machine, folder, "featured")
    project.write(encryption={"bucket": "made"}, endpoints={"scores": {"model": "linear", **ENDPOINT}})
    project.deploy()
    yield project
    project.remove()


@pytest.fixture
def client(machine: Machine) -> Callable[[str], Any]:
    return machine.client


def test_it_answers_from_its_uncompressed_files(featured: Project, client: Callable[[str], Any]) -> None:
    answer = client("sagemaker-runtime").invoke_endpoint(
        EndpointName=featured.endpoint_name(hosting="real-time"),
        ContentType="application/json",
        Body=json.dumps([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]),
    )
    assert json.loads(answer["Body"].read())
    keys = [one["Key"] for one in client("s3").list_objects_v2(Bucket=BUCKET, Prefix="models/scores/")["Contents"]]
    assert any(key.endswith("/model.pt") for key in keys)
    assert not any(key.endswith(".tar.gz") for key in keys)


def test_the_bucket_is_encrypted_by_a_key_that_rotates(featured: Project, client: Callable[[str], Any]) -> None:
    encryption = client("s3").get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]
    applied = encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert applied["SSEAlgorithm"] == "aws:kms"
    kms = client("kms")
    assert kms.describe_key(KeyId=applied["KMSMasterKeyID"])["KeyMetadata"]["Enabled"]
    assert kms.get_key_rotation_status(KeyId=applied["KMSMasterKeyID"])["KeyRotationEnabled"]


def test_sagemaker_has_key_capture_and_vpc_as_written(featured: Project, client: Callable[[str], Any]) -> None:
    sagemaker = client("sagemaker")
    endpoint = sagemaker.describe_endpoint(EndpointName=featured.endpoint_name(hosting="real-time"))
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    key = featured.resources("scores")["AWS::KMS::Key"]
    assert config["KmsKeyId"].endswith(key)
    assert config["DataCaptureConfig"]["DestinationS3Uri"] == f"s3://{BUCKET}/captures/scores/"
    assert config["DataCaptureConfig"]["KmsKeyId"].endswith(key)
    model = sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    assert model["VpcConfig"]["Subnets"] == ENDPOINT["network"]["subnets"]  # type: ignore[index]


def test_captures_expire(featured: Project, client: Callable[[str], Any]) -> None:
    rules = client("s3").get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    (rule,) = [rule for rule in rules if rule["ID"] == "captures-of-scores"]
    assert (rule["Expiration"]["Days"], rule["Filter"]["Prefix"]) == (14, "captures/scores/")


def test_dashboard_and_topic_are_there_and_every_alarm_tells_the_topic(
    featured: Project, client: Callable[[str], Any]
) -> None:
    cloudwatch = client("cloudwatch")
    body = json.loads(cloudwatch.get_dashboard(DashboardName="featured-local-scores")["DashboardBody"])
    (shown,) = [widget["properties"]["alarms"] for widget in body["widgets"] if widget["type"] == "alarm"]
    alarms = [one for one in cloudwatch.describe_alarms()["MetricAlarms"] if one["AlarmArn"] in shown]
    topic = featured.resources("scores")["AWS::SNS::Topic"]
    assert len(alarms) == len(shown) > 0
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms} == {(topic,)}


def test_the_role_may_do_what_its_statements_say(featured: Project, client: Callable[[str], Any]) -> None:
    iam = client("iam")
    role = iam.get_role(RoleName=featured.resources("scores")["AWS::IAM::Role"])["Role"]["Arn"]

    def decision(action: str, resource: str, **context: str) -> str:
        entries = [
            {"ContextKeyName": key.replace("_", ":"), "ContextKeyType": "string", "ContextKeyValues": [value]}
            for key, value in context.items()
        ]
        [result] = iam.simulate_principal_policy(
            PolicySourceArn=role, ActionNames=[action], ResourceArns=[resource], ContextEntries=entries
        )["EvaluationResults"]
        return str(result["EvalDecision"])

    bucket = f"arn:aws:s3:::{BUCKET}"
    assert decision("s3:PutObject", f"{bucket}/captures/scores/one.jsonl") == "allowed"
    assert decision("s3:PutObject", f"{bucket}/models/scores/one") == "implicitDeny"
    assert decision("s3:ListBucket", bucket, s3_prefix="models/scores/abc/") == "allowed"
    assert decision("s3:ListBucket", bucket, s3_prefix="captures/") == "implicitDeny"
    assert decision("s3:GetObject", "arn:aws:s3:::ours/one") == "allowed"
