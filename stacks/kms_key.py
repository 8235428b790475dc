"""A KMS key that a stack makes: who administers it, who uses it, and when it goes."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

_PENDING_DAYS = 7
"""The shortest that KMS knows (AWS KMS API, ScheduleKeyDeletion)."""

_ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:CreateGrant",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateKeyDescription",
)
_USE = ("kms:Decrypt", "kms:GenerateDataKey")


def made_key(
    scope: Construct,
    construct_id: str,
    *,
    description: str,
    retain: bool,
    statements: Sequence[iam.PolicyStatement] = (),
) -> kms.Key:
    """Make a key that KMS rotates every year.

    Its policy leaves it to the account's IAM policies who administers the key and who reads and writes with it;
    it has neither `kms:*` nor the actions that nothing here calls, such as `kms:Encrypt` and `kms:ReEncryptTo`.

    Parameters
    ----------
    scope, construct_id
        As of every construct.
    description
        What it is for.
    retain
        Whether it outlives its stack; otherwise KMS deletes it seven days after.
    statements
        For what is no principal of the account's IAM.

    Notes
    -----
    Source: AWS KMS Developer Guide, "Default key policy" and "Creating a key policy".
    """
    root = iam.AccountRootPrincipal()
    return kms.Key(
        scope,
        construct_id,
        description=description,
        enable_key_rotation=True,
        pending_window=cdk.Duration.days(_PENDING_DAYS),
        removal_policy=cdk.RemovalPolicy.RETAIN if retain else cdk.RemovalPolicy.DESTROY,
        policy=iam.PolicyDocument(
            statements=[
                iam.PolicyStatement(
                    sid="AdministerByIam", principals=[root], actions=[*_ADMINISTRATION], resources=["*"]
                ),
                iam.PolicyStatement(sid="UseByIam", principals=[root], actions=[*_USE], resources=["*"]),
                *statements,
            ]
        ),
    )
