"""The stack of what training jobs need: their role, and where `slipway train` finds it."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks.encryption import bucket_key_arn
from stacks.settings import EnvironmentSettings
from stacks.training_role import TrainingRole


class TrainingStack(cdk.Stack):
    """The training role, and an SSM parameter with its ARN. It costs nothing while nobody trains.

    Parameters
    ----------
    scope, construct_id
        As of every construct.
    settings
        Of the environment.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: EnvironmentSettings) -> None:
        super().__init__(
            scope,
            construct_id,
            env=cdk.Environment(account=settings.account, region=settings.region),
            description=f"Slipway: the training jobs of {settings.names.prefix}",
        )
        key = bucket_key_arn(self, settings)
        role = TrainingRole(self, "TrainingRole", names=settings.names, statements=[_use_key(key)] if key else [])
        ssm.CfnParameter(
            self,
            "TrainingRoleArn",
            type="String",
            name=settings.names.training_role_parameter,
            value=role.arn,
            description="The role of training jobs",
        )


def _use_key(key: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid="UseBucketKey", actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key])
