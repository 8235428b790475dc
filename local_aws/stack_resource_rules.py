"""Which actions the resource types of Slipway's stacks take: see ``stack_permissions``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ResourceRules:
    """What the resources of a type need.

    Parameters
    ----------
    arn
        Of a resource, with ``{region}``, ``{account}``, ``{path}`` and ``{name}``.
    name
        The property that names it.
    create, delete
        The actions that any creation or deletion takes.
    update
        The action that changes a property for which nothing else is said.
    settings
        The action by the property that it sets, when the resource is made and later.
    changes
        The action by the property that it changes later, where making the resource sets it.
    removals
        The action by the property that has to be taken away: when it goes, and before the resource does.
    longest_name
        How long a name is at the most that CloudFormation makes up.
    lower_case
        Whether names are in lower case.
    """

    arn: str
    name: str
    create: tuple[str, ...]
    update: str
    delete: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, str] = field(default_factory=dict)
    removals: Mapping[str, str] = field(default_factory=dict)
    longest_name: int = 64
    lower_case: bool = False


RULES = {
    "AWS::CloudWatch::Alarm": ResourceRules(
        arn="arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
        name="AlarmName",
        create=("cloudwatch:PutMetricAlarm",),
        update="cloudwatch:PutMetricAlarm",
        delete=("cloudwatch:DeleteAlarms",),
        settings={"Tags": "cloudwatch:TagResource"},
        longest_name=255,
    ),
    "AWS::CloudWatch::Dashboard": ResourceRules(
        arn="arn:aws:cloudwatch::{account}:dashboard/{name}",
        name="DashboardName",
        create=("cloudwatch:PutDashboard",),
        update="cloudwatch:PutDashboard",
        delete=("cloudwatch:DeleteDashboards",),
        longest_name=255,
    ),
    "AWS::ECR::Repository": ResourceRules(
        arn="arn:aws:ecr:{region}:{account}:repository/{name}",
        name="RepositoryName",
        create=("ecr:CreateRepository",),
        update="ecr:DescribeRepositories",
        delete=("ecr:DeleteRepository",),
        settings={
            "LifecyclePolicy": "ecr:PutLifecyclePolicy",
            "RepositoryPolicyText": "ecr:SetRepositoryPolicy",
            "Tags": "ecr:TagResource",
        },
        changes={
            "ImageScanningConfiguration": "ecr:PutImageScanningConfiguration",
            "ImageTagMutability": "ecr:PutImageTagMutability",
        },
        lower_case=True,
    ),
    "AWS::IAM::ManagedPolicy": ResourceRules(
        arn="arn:aws:iam::{account}:policy{path}{name}",
        name="ManagedPolicyName",
        create=("iam:CreatePolicy",),
        update="iam:CreatePolicyVersion",
        delete=("iam:DeletePolicy",),
        longest_name=128,
    ),
    "AWS::IAM::Role": ResourceRules(
        arn="arn:aws:iam::{account}:role{path}{name}",
        name="RoleName",
        create=("iam:CreateRole",),
        update="iam:UpdateRole",
        delete=("iam:DeleteRole",),
        settings={
            "ManagedPolicyArns": "iam:AttachRolePolicy",
            "Policies": "iam:PutRolePolicy",
            "Tags": "iam:TagRole",
        },
        changes={"AssumeRolePolicyDocument": "iam:UpdateAssumeRolePolicy"},
        removals={"ManagedPolicyArns": "iam:DetachRolePolicy", "Policies": "iam:DeleteRolePolicy"},
    ),
    "AWS::Lambda::Function": ResourceRules(
        arn="arn:aws:lambda:{region}:{account}:function:{name}",
        name="FunctionName",
        create=("lambda:CreateFunction", "lambda:GetFunction"),
        update="lambda:UpdateFunctionConfiguration",
        delete=("lambda:DeleteFunction",),
        settings={"Tags": "lambda:TagResource"},
        changes={"Code": "lambda:UpdateFunctionCode"},
    ),
    "AWS::Logs::LogGroup": ResourceRules(
        arn="arn:aws:logs:{region}:{account}:log-group:{name}",
        name="LogGroupName",
        create=("logs:CreateLogGroup",),
        update="logs:DescribeLogGroups",
        delete=("logs:DeleteLogGroup",),
        settings={"RetentionInDays": "logs:PutRetentionPolicy", "Tags": "logs:TagResource"},
        longest_name=512,
    ),
    "AWS::S3::Bucket": ResourceRules(
        arn="arn:aws:s3:::{name}",
        name="BucketName",
        create=("s3:CreateBucket",),
        update="s3:ListBucket",
        delete=("s3:DeleteBucket",),
        settings={
            "BucketEncryption": "s3:PutEncryptionConfiguration",
            "LifecycleConfiguration": "s3:PutLifecycleConfiguration",
            "OwnershipControls": "s3:PutBucketOwnershipControls",
            "PublicAccessBlockConfiguration": "s3:PutBucketPublicAccessBlock",
            "Tags": "s3:PutBucketTagging",
            "VersioningConfiguration": "s3:PutBucketVersioning",
        },
        longest_name=63,
        lower_case=True,
    ),
    "AWS::S3::BucketPolicy": ResourceRules(
        arn="arn:aws:s3:::{name}",
        name="Bucket",
        create=("s3:PutBucketPolicy",),
        update="s3:PutBucketPolicy",
        delete=("s3:DeleteBucketPolicy",),
    ),
    "AWS::SNS::Topic": ResourceRules(
        arn="arn:aws:sns:{region}:{account}:{name}",
        name="TopicName",
        create=("sns:CreateTopic",),
        update="sns:SetTopicAttributes",
        delete=("sns:DeleteTopic",),
        settings={"KmsMasterKeyId": "sns:SetTopicAttributes", "Tags": "sns:TagResource"},
        longest_name=256,
    ),
    "AWS::SSM::Parameter": ResourceRules(
        arn="arn:aws:ssm:{region}:{account}:parameter/{name}",
        name="Name",
        create=("ssm:PutParameter",),
        update="ssm:PutParameter",
        delete=("ssm:DeleteParameter",),
        settings={"Tags": "ssm:AddTagsToResource"},
    ),
}
