"""The stack of the training role: exactly what a training job needs, and only where models are trained."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Template

Synthesize = Callable[..., Any]

ENVIRONMENT = """\
account: "111111111111"
region: eu-central-1
training: {instance_type: ml.c7i.2xlarge}
endpoints: {}
"""
BUCKET = "slipway-made-artifacts-111111111111-eu-central-1"
LOGS = "logs:eu-central-1:111111111111:log-group:/aws/sagemaker/TrainingJobs"


def template(synthesize: Synthesize, text: str = ENVIRONMENT) -> Template:
    directory = synthesize("made", text).directory
    return Template(json.loads((directory / "Slipway-made-training.template.json").read_text()))


def plain(value: Any) -> Any:
    """Write `Fn::Join`s with the partition out."""
    if isinstance(value, dict) and "Fn::Join" in value:
        return "".join(part if isinstance(part, str) else "aws" for part in value["Fn::Join"][1])
    return [plain(item) for item in value] if isinstance(value, list) else value


def statements(found: Template) -> dict[str, dict[str, Any]]:
    policy = found.only("AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    return {one["Sid"]: {key: plain(value) for key, value in one.items() if key != "Sid"} for one in policy}


def test_the_role_may_do_what_a_training_job_needs_and_nothing_else(synthesize: Synthesize) -> None:
    allow = {"Effect": "Allow"}
    assert statements(template(synthesize)) == {
        "ReadTraining": {**allow, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/training/*/*"},
        "ListTraining": {
            **allow,
            "Action": "s3:ListBucket",
            "Resource": f"arn:aws:s3:::{BUCKET}",
            "Condition": {"StringLike": {"s3:prefix": ["training/*/*"]}},
        },
        "WriteResults": {
            **allow,
            "Action": ["s3:AbortMultipartUpload", "s3:PutObject"],
            "Resource": f"arn:aws:s3:::{BUCKET}/training/*/jobs/*",
        },
        "PullImage": {
            **allow,
            "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Resource": "arn:aws:ecr:eu-central-1:763104351884:repository/pytorch",
        },
        "LogInToEcr": {**allow, "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        "PutMetrics": {
            **allow,
            "Action": "cloudwatch:PutMetricData",
            "Resource": "*",
            "Condition": {"StringEquals": {"cloudwatch:namespace": "/aws/sagemaker/TrainingJobs"}},
        },
        "WriteLogs": {
            **allow,
            "Action": [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
            ],
            "Resource": [f"arn:aws:{LOGS}", f"arn:aws:{LOGS}:*"],
        },
    }


def test_only_sagemaker_of_this_account_takes_the_role_on(synthesize: Synthesize) -> None:
    role = template(synthesize).only("AWS::IAM::Role")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "111111111111"}}
    assert "ManagedPolicyArns" not in role


def test_slipway_train_finds_the_role_in_a_parameter(synthesize: Synthesize) -> None:
    found = template(synthesize)
    (role,) = found.of_type("AWS::IAM::Role")
    parameter = found.only("AWS::SSM::Parameter")
    assert parameter["Name"] == "/slipway/made/training-role-arn"
    assert parameter["Value"] == {"Fn::GetAtt": [role, "Arn"]}


def test_the_role_uses_the_buckets_key_where_there_is_one(synthesize: Synthesize) -> None:
    key = "arn:aws:kms:eu-central-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    use = statements(template(synthesize, f"{ENVIRONMENT}encryption: {{bucket: '{key}'}}\n"))["UseBucketKey"]
    assert use == {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key}


def test_an_environment_that_trains_nothing_has_no_such_stack(synthesize: Synthesize) -> None:
    assert "Slipway-dev-training" not in synthesize("dev").manifest


def test_the_role_is_deployed_after_the_bucket(synthesize: Synthesize) -> None:
    stack = synthesize("made", ENVIRONMENT).manifest["Slipway-made-training"]
    assert "Slipway-made-artifacts" in stack["dependencies"]


@pytest.mark.parametrize("endpoint", ["linear"])
def test_an_endpoints_role_reads_nothing_of_a_training(synthesize: Synthesize, endpoint: str) -> None:
    text = ENVIRONMENT.replace(
        "endpoints: {}", f"endpoints: {{{endpoint}: {{model: linear, hosting: {{type: serverless}}}}}}"
    )
    policy = json.dumps(synthesize("made", text).endpoint(endpoint).only("AWS::IAM::Policy"))
    assert "training/" not in policy
