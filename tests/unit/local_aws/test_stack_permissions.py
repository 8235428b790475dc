"""What CloudFormation needs for the resources of Slipway's stacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local_aws import ministack_seam as seam
from local_aws.stack_permissions import permissions

ACCOUNT, REGION = "123456789012", "eu-central-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/a-role"
SAGEMAKER = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
SYSTEM_TAG = {"Key": "aws:cloudformation:stack-name", "Value": "a-stack"}
TAG = {"Key": "team", "Value": "a"}
Asked = list[tuple[str, str]]


@pytest.fixture(autouse=True)
def scope() -> Iterator[None]:
    with seam.request_scope(ACCOUNT, REGION):
        yield


def asked(
    resource_type: str,
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
    physical_id: str | None = None,
) -> Asked:
    change = seam.Change(None, "a-stack", "Logical", resource_type, physical_id, old, new)
    return [(permission.action, permission.resource) for permission in permissions(change)]


BUCKET = "arn:aws:s3:::a-bucket"
PARAMETER = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/a/name"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
KEY, ANY_KEY = (f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}" for key in ("k", "*"))
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:topic"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example.com"
CODE = {"S3Bucket": "code", "S3Key": "key.zip"}
CREATIONS: list[tuple[str, dict[str, Any], Asked]] = [
    (
        "AWS::S3::Bucket",
        {"BucketName": "a-bucket", "BucketEncryption": {}, "Tags": [SYSTEM_TAG]},
        [("s3:CreateBucket", BUCKET), ("s3:PutEncryptionConfiguration", BUCKET)],
    ),
    (
        "AWS::SSM::Parameter",
        {"Name": "/a/name", "Tags": {"team": "a", "aws:cloudformation:stack-name": "s"}},
        [("ssm:PutParameter", PARAMETER), ("ssm:AddTagsToResource", PARAMETER)],
    ),
    (
        "AWS::Logs::LogGroup",
        {"LogGroupName": "/aws/x", "RetentionInDays": 1},
        [
            (action, f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/x")
            for action in ("logs:CreateLogGroup", "logs:PutRetentionPolicy")
        ],
    ),
    (
        "AWS::IAM::ManagedPolicy",
        {"ManagedPolicyName": "p", "Path": "/of/"},
        [("iam:CreatePolicy", f"arn:aws:iam::{ACCOUNT}:policy/of/p")],
    ),
    (
        "AWS::KMS::Key",
        {"Description": "d", "EnableKeyRotation": True, "KeyPolicy": {}, "Tags": [TAG]},
        [("kms:CreateKey", "*"), ("kms:EnableKeyRotation", ANY_KEY), ("kms:TagResource", ANY_KEY)],
    ),
    (
        "AWS::IAM::OIDCProvider",
        {"Url": "https://issuer.example.com", "ClientIdList": ["sts.amazonaws.com"], "Tags": [TAG]},
        [("iam:CreateOpenIDConnectProvider", PROVIDER), ("iam:TagOpenIDConnectProvider", PROVIDER)],
    ),
    (
        "AWS::SNS::TopicPolicy",
        {"PolicyDocument": {}, "Topics": [TOPIC]},
        [("sns:SetTopicAttributes", TOPIC)],
    ),
    (
        "AWS::IAM::Policy",
        {"PolicyName": "p", "Roles": ["r"], "Users": ["u"]},
        [
            ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/r"),
            ("iam:PutUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/u"),
        ],
    ),
    (
        "AWS::Lambda::Function",
        {"FunctionName": "f", "Role": ROLE, "Code": CODE},
        [
            ("lambda:CreateFunction", FUNCTION),
            ("lambda:GetFunction", FUNCTION),
            ("iam:PassRole", ROLE),
            ("s3:GetObject", "arn:aws:s3:::code/key.zip"),
        ],
    ),
    (
        "AWS::SageMaker::Model",
        {"ModelName": "M", "ExecutionRoleArn": ROLE, "Tags": [SYSTEM_TAG, TAG]},
        [
            ("sagemaker:CreateModel", f"{SAGEMAKER}:model/m"),
            ("sagemaker:AddTags", f"{SAGEMAKER}:model/m"),
            ("iam:PassRole", ROLE),
        ],
    ),
    (
        "AWS::SageMaker::Endpoint",
        {"EndpointName": "e", "EndpointConfigName": "c"},
        [
            ("sagemaker:CreateEndpoint", f"{SAGEMAKER}:endpoint/e"),
            ("sagemaker:CreateEndpoint", f"{SAGEMAKER}:endpoint-config/c"),
            ("sagemaker:DescribeEndpoint", f"{SAGEMAKER}:endpoint/e"),
        ],
    ),
    ("Custom::Anything", {"ServiceToken": FUNCTION}, [("lambda:InvokeFunction", FUNCTION)]),
    ("AWS::CloudFormation::CustomResource", {"ServiceToken": "arn:t"}, [("sns:Publish", "arn:t")]),
    (
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        {"PolicyName": "p"},
        [
            (
                "application-autoscaling:PutScalingPolicy",
                f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}:scalable-target/*",
            )
        ],
    ),
    ("AWS::SQS::Queue", {"QueueName": "of a type that Slipway does not use"}, []),
]


@pytest.mark.parametrize(("resource_type", "properties", "needed"), CREATIONS, ids=[c[0] for c in CREATIONS])
def test_a_creation_needs_what_its_properties_call_for(
    resource_type: str, properties: dict[str, Any], needed: Asked
) -> None:
    assert asked(resource_type, new=properties) == needed


@pytest.mark.parametrize(
    ("resource_type", "old", "new", "physical_id", "needed"),
    [
        ("AWS::S3::Bucket", {"Tags": [TAG]}, {}, "a-bucket", [("s3:PutBucketTagging", BUCKET)]),
        ("AWS::SSM::Parameter", {"Value": "1"}, {"Value": "2"}, "/a/name", [("ssm:PutParameter", PARAMETER)]),
        ("AWS::IAM::Role", {"Policies": [1]}, {}, "a-role", [("iam:DeleteRolePolicy", ROLE)]),
        ("AWS::IAM::Role", {}, {"Description": "d"}, "a-role", [("iam:UpdateRole", ROLE)]),
        (
            "AWS::IAM::Policy",
            {"Roles": ["a-role", "b"]},
            {"Roles": ["b"]},
            "x",
            [("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/b"), ("iam:DeleteRolePolicy", ROLE)],
        ),
        (
            "AWS::SageMaker::Model",
            {"Tags": [TAG]},
            {},
            f"{SAGEMAKER}:model/m",
            [("sagemaker:DeleteTags", f"{SAGEMAKER}:model/m")],
        ),
        (
            "AWS::IAM::OIDCProvider",
            {"Url": "https://issuer.example.com", "ClientIdList": ["a"]},
            {"Url": "https://issuer.example.com", "ClientIdList": ["b"]},
            PROVIDER,
            [("iam:AddClientIDToOpenIDConnectProvider", PROVIDER)],
        ),
        ("AWS::KMS::Key", {"KeyPolicy": {}}, {"KeyPolicy": {"Id": "p"}}, "k", [("kms:PutKeyPolicy", KEY)]),
        ("AWS::KMS::Key", {"EnableKeyRotation": True}, {}, "k", [("kms:DisableKeyRotation", KEY)]),
        ("AWS::KMS::Key", {"Tags": [TAG]}, {"Tags": [SYSTEM_TAG]}, "k", [("kms:UntagResource", KEY)]),
        ("AWS::Lambda::Function", {"Code": CODE, "Role": ROLE}, {"Code": CODE, "Role": ROLE}, "f", []),
        ("AWS::S3::Bucket", {"Tags": [TAG]}, {"Tags": [TAG, SYSTEM_TAG]}, "a-bucket", []),
    ],
)
def test_an_update_needs_what_it_changes(
    resource_type: str, old: dict[str, Any], new: dict[str, Any], physical_id: str, needed: Asked
) -> None:
    assert asked(resource_type, old, new, physical_id) == needed


@pytest.mark.parametrize(
    ("resource_type", "old", "physical_id", "needed"),
    [
        ("AWS::S3::Bucket", {"Tags": [TAG]}, "a-bucket", [("s3:DeleteBucket", BUCKET)]),
        (
            "AWS::IAM::Role",
            {"Policies": [1]},
            "a-role",
            [("iam:DeleteRolePolicy", ROLE), ("iam:DeleteRole", ROLE)],
        ),
        ("AWS::IAM::Policy", {"Roles": ["a-role"]}, "x", [("iam:DeleteRolePolicy", ROLE)]),
        (
            "AWS::IAM::OIDCProvider",
            {"Url": "https://issuer.example.com"},
            PROVIDER,
            [("iam:DeleteOpenIDConnectProvider", PROVIDER)],
        ),
        ("AWS::KMS::Key", {}, "k", [("kms:DescribeKey", KEY), ("kms:ScheduleKeyDeletion", KEY)]),
        ("AWS::SNS::TopicPolicy", {"Topics": [TOPIC]}, "x", [("sns:SetTopicAttributes", TOPIC)]),
        (
            "AWS::SageMaker::Model",
            {},
            f"{SAGEMAKER}:model/m",
            [("sagemaker:DeleteModel", f"{SAGEMAKER}:model/m")],
        ),
    ],
)
def test_a_deletion_needs_what_it_takes_away(
    resource_type: str, old: dict[str, Any], physical_id: str, needed: Asked
) -> None:
    assert asked(resource_type, old, None, physical_id) == needed


def test_a_name_that_is_made_up_is_the_one_that_the_resource_gets() -> None:
    ((_, arn),) = asked("AWS::IAM::Role", new={})

    assert arn == f"arn:aws:iam::{ACCOUNT}:role/{seam.generated_name('a-stack', 'Logical', 64)}"


def test_a_passed_role_is_named_with_whom_it_is_passed_to() -> None:
    change = seam.Change(None, "s", "L", "AWS::Lambda::Function", None, None, {"FunctionName": "f", "Role": ROLE})

    assert [p.context for p in permissions(change)][-1] == {"iam:PassedToService": "lambda.amazonaws.com"}
