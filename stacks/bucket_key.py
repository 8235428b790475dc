"""The KMS key of the artifact bucket."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_ssm as ssm

from stacks.bootstrap_roles import bootstrap_role
from stacks.kms_key import made_key
from stacks.settings import EnvironmentSettings
from stacks.settings_common.made import MADE


def bucket_key(stack: cdk.Stack, settings: EnvironmentSettings) -> kms.IKey | None:
    """Return the key that encrypts the bucket, made where the settings say so; None for S3's own encryption.

    The endpoint stacks find a made key by an SSM parameter. Its policy lets in the bootstrap roles, whose own
    policies know the bootstrap bucket's key alone; the policy of a key that is brought has to do the same.

    Parameters
    ----------
    stack
        The artifact stack.
    settings
        Of the environment.
    """
    given = settings.encryption.bucket
    if given is None:
        return None
    if given != MADE:
        return kms.Key.from_key_arn(stack, "BucketKey", given)
    key = made_key(
        stack,
        "BucketKey",
        description=f"Encrypts the artifact bucket of {settings.names.prefix}",
        retain=settings.removal == "retain",
        statements=[
            iam.PolicyStatement(
                sid="PublishAssets",
                principals=[bootstrap_role(stack, "file-publishing")],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
            ),
            iam.PolicyStatement(
                sid="ReadTemplates",
                principals=[bootstrap_role(stack, "deploy")],
                actions=["kms:Decrypt"],
                resources=["*"],
            ),
        ],
    )
    ssm.CfnParameter(
        stack,
        "BucketKeyArn",
        type="String",
        name=settings.names.bucket_key_parameter,
        value=key.key_arn,
        description="The KMS key of the artifact bucket",
    )
    return key
