"""The stack of bucket and repository: what it protects, what it lets expire, and whom it lets in."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Synthesize = Callable[..., Any]
BUCKET, REPOSITORY = "AWS::S3::Bucket", "AWS::ECR::Repository"


def test_the_bucket_is_encrypted_private_and_versioned(synthesize: Synthesize) -> None:
    bucket = synthesize("dev").artifacts.only(BUCKET)
    assert bucket["BucketName"] == "slipway-dev-artifacts-111111111111-eu-central-1"
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}


def test_unfinished_uploads_and_old_versions_expire_and_nothing_else(synthesize: Synthesize) -> None:
    rules = synthesize("dev").artifacts.only(BUCKET)["LifecycleConfiguration"]["Rules"]
    assert rules == [
        {
            "Id": "unfinished-uploads",
            "Status": "Enabled",
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
        {"Id": "old-versions", "Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 30}},
    ]


def test_only_the_bootstrap_roles_come_in_and_only_by_tls(synthesize: Synthesize) -> None:
    policy = synthesize("prod").artifacts.only("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    deny, *grants = policy
    assert (deny["Effect"], deny["Action"], deny["Principal"]) == ("Deny", "s3:*", {"AWS": "*"})
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    bucket = {"Fn::GetAtt": ["ArtifactBucket7410C9EF", "Arn"]}
    objects = {"Fn::Join": ["", [bucket, "/models/*"]]}
    assert grants == [
        {
            "Sid": "FindAssets",
            "Effect": "Allow",
            "Principal": {"AWS": bootstrap_role("file-publishing")},
            "Action": ["s3:GetBucketLocation", "s3:GetEncryptionConfiguration", "s3:ListBucket"],
            "Resource": bucket,
        },
        {
            "Sid": "PublishAssets",
            "Effect": "Allow",
            "Principal": {"AWS": bootstrap_role("file-publishing")},
            "Action": ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
            "Resource": objects,
        },
        {
            "Sid": "ReadTemplates",
            "Effect": "Allow",
            "Principal": {"AWS": bootstrap_role("deploy")},
            "Action": "s3:GetObject",
            "Resource": objects,
        },
    ]


def test_the_repository_scans_keeps_tags_and_expires_untagged_images_only(synthesize: Synthesize) -> None:
    repository = synthesize("prod").artifacts.only(REPOSITORY)
    assert repository["RepositoryName"] == "slipway-prod"
    assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert repository["ImageTagMutability"] == "IMMUTABLE"
    (rule,) = json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    assert (rule["selection"]["tagStatus"], rule["action"]) == ("untagged", {"type": "expire"})


def test_only_the_image_publishing_role_pushes(synthesize: Synthesize) -> None:
    repository = synthesize("prod").artifacts.only(REPOSITORY)
    assert repository["RepositoryPolicyText"]["Statement"] == [
        {
            "Sid": "PublishImages",
            "Effect": "Allow",
            "Principal": {"AWS": bootstrap_role("image-publishing")},
            "Action": [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:CompleteLayerUpload",
                "ecr:DescribeImages",
                "ecr:DescribeRepositories",
                "ecr:InitiateLayerUpload",
                "ecr:PutImage",
                "ecr:UploadLayerPart",
            ],
        }
    ]


def test_destroy_empties_and_deletes(synthesize: Synthesize) -> None:
    assembly = synthesize("dev")
    for resource_type in (BUCKET, REPOSITORY):
        (resource,) = assembly.artifacts.of_type(resource_type).values()
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Delete", "Delete")
    assert len(assembly.artifacts.of_type("Custom::S3AutoDeleteObjects")) == 1
    assert assembly.artifacts.only(REPOSITORY)["EmptyOnDelete"] is True
    assert assembly.manifest["Slipway-dev-artifacts"]["properties"]["terminationProtection"] is False


def test_what_empties_the_bucket_writes_to_a_log_group_of_the_stacks_own(synthesize: Synthesize) -> None:
    artifacts = synthesize("dev").artifacts
    ((group, properties),) = artifacts.of_type("AWS::Logs::LogGroup").items()
    assert (properties["DeletionPolicy"], properties["Properties"]["RetentionInDays"]) == ("Delete", 7)
    assert artifacts.only("AWS::Lambda::Function")["LoggingConfig"] == {"LogGroup": {"Ref": group}}
    role = artifacts.only("AWS::IAM::Role")
    assert "ManagedPolicyArns" not in role
    (policy,) = role["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"] == {"Fn::GetAtt": [group, "Arn"]}


def test_retain_keeps_bucket_and_repository_and_protects_the_stack(synthesize: Synthesize) -> None:
    assembly = synthesize("prod")
    for resource_type in (BUCKET, REPOSITORY):
        (resource,) = assembly.artifacts.of_type(resource_type).values()
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert assembly.artifacts.only(REPOSITORY)["EmptyOnDelete"] is False
    assert {resource["Type"] for resource in assembly.artifacts.content["Resources"].values()} == {
        BUCKET,
        "AWS::S3::BucketPolicy",
        REPOSITORY,
    }
    assert assembly.manifest["Slipway-prod-artifacts"]["properties"]["terminationProtection"] is True
    assert assembly.manifest["Slipway-prod-linear"]["properties"]["terminationProtection"] is False


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_logical_ids_of_what_holds_state_never_change(synthesize: Synthesize, environment: str) -> None:
    artifacts = synthesize(environment).artifacts
    assert set(artifacts.of_type(BUCKET)) == {"ArtifactBucket7410C9EF"}
    assert set(artifacts.of_type(REPOSITORY)) == {"ImageRepositoryBBCBC9DF"}


def test_the_settings_tags_are_on_bucket_and_repository(synthesize: Synthesize) -> None:
    for resource_type in (BUCKET, REPOSITORY):
        assert {"Key": "environment", "Value": "prod"} in synthesize("prod").artifacts.only(resource_type)["Tags"]


def bootstrap_role(kind: str) -> str:
    return f"arn:aws:iam::333333333333:role/cdk-hnb659fds-{kind}-role-333333333333-eu-central-1"
