"""The role that runs the model: exactly these statements, and nothing managed or unbound beside them."""

from collections.abc import Callable
from typing import Any

import pytest

from stacks.role_statements import UNBOUND_STATEMENTS

Synthesize = Callable[..., Any]
ENVIRONMENTS = ["local", "dev", "staging", "prod"]
ROLE = "arn:aws:iam::123456789012:role/team/ours"
OWN_ROLE = f"""
account: "123456789012"
region: eu-central-1
endpoints:
  linear:
    model: linear
    execution_role_arn: {ROLE}
    hosting: {{type: serverless}}
"""


@pytest.mark.parametrize(
    ("environment", "account", "repository"),
    [
        ("dev", "111111111111", "111111111111:repository/slipway-dev"),
        ("prod", "333333333333", "763104351884:repository/ray"),
    ],
)
def test_the_statements_are_these(synthesize: Synthesize, environment: str, account: str, repository: str) -> None:
    template = synthesize(environment).endpoint()
    policy = template.only("AWS::IAM::Policy")
    logs = f"arn:aws:logs:eu-central-1:{account}:log-group:/aws/sagemaker/Endpoints/slipway-{environment}-linear"
    alarms = [{"Fn::GetAtt": [logical_id, "Arn"]} for logical_id in template.of_type("AWS::CloudWatch::Alarm")]
    watch = {
        "Sid": "WatchRollbackAlarms",
        "Effect": "Allow",
        "Action": "cloudwatch:DescribeAlarms",
        "Resource": alarms,
    }
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Sid": "ReadModel",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::slipway-{environment}-artifacts-{account}-eu-central-1/models/linear/*",
        },
        {
            "Sid": "PullImage",
            "Effect": "Allow",
            "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Resource": f"arn:aws:ecr:eu-central-1:{repository}",
        },
        {"Sid": "LogInToEcr", "Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        {
            "Sid": "PutMetrics",
            "Effect": "Allow",
            "Action": "cloudwatch:PutMetricData",
            "Resource": "*",
            "Condition": {"StringEquals": {"cloudwatch:namespace": "/aws/sagemaker/Endpoints"}},
        },
        {
            "Sid": "WriteLogs",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            "Resource": [
                f"{logs}-serverless:*",
                f"{logs}-real-time:*",
                f"{logs}-real-time-*:*",
                f"{logs}-async:*",
                f"{logs}-async-*:*",
            ],
        },
        *([watch] if alarms else []),
    ]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_only_the_listed_statements_are_on_any_resource(synthesize: Synthesize, environment: str) -> None:
    template = synthesize(environment).endpoint()
    unbound = [
        statement["Sid"]
        for resource_type in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
        for statement in template.only(resource_type)["PolicyDocument"]["Statement"]
        if statement["Resource"] == "*"
    ]
    assert unbound == ["LogInToEcr", "PutMetrics"]
    assert set(unbound) <= set(UNBOUND_STATEMENTS)
    assert all(UNBOUND_STATEMENTS.values())


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_role_has_no_managed_policy(synthesize: Synthesize, environment: str) -> None:
    role = synthesize(environment).endpoint().only("AWS::IAM::Role")
    assert "ManagedPolicyArns" not in role
    assert "Policies" not in role


def test_only_sagemaker_takes_the_role_on_and_only_for_this_account(synthesize: Synthesize) -> None:
    (statement,) = synthesize("dev").endpoint().only("AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Condition": {"StringEquals": {"aws:SourceAccount": "111111111111"}},
    }


def test_a_role_of_the_users_own_takes_its_place(synthesize: Synthesize) -> None:
    template = synthesize(text=OWN_ROLE).endpoint()
    assert template.only("AWS::SageMaker::Model")["ExecutionRoleArn"] == ROLE
    assert not template.of_type("AWS::IAM::Role")
    assert not template.of_type("AWS::IAM::Policy")


def test_the_china_partition_has_its_own_arns_and_registry(synthesize: Synthesize) -> None:
    text = OWN_ROLE.replace(f"execution_role_arn: {ROLE}", "log_retention_in_days: 7")
    gpu = "{type: real-time, instance_type: ml.g5.xlarge}"
    china = text.replace("eu-central-1", "cn-north-1").replace("{type: serverless}", gpu)
    template = synthesize(text=china).endpoint()
    image = template.only("AWS::SageMaker::Model")["PrimaryContainer"]["Image"]
    assert image == "727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/ray:serve-ml-sagemaker-cuda-v1.4"
    for statement in template.only("AWS::IAM::Policy")["PolicyDocument"]["Statement"]:
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        named = [resource for resource in resources if isinstance(resource, str)]
        assert all(resource == "*" or resource.startswith("arn:aws-cn:") for resource in named)
