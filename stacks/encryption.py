"""The KMS keys of an endpoint: yours, or one that its stack makes."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks.kms_key import made_key
from stacks.settings import EndpointSettings, EnvironmentSettings
from stacks.settings_common.made import MADE


@dataclass(frozen=True)
class EndpointKeys:
    """The ARNs of an endpoint's keys; None where nothing of the kind is encrypted by one.

    Parameters
    ----------
    bucket
        Of the artifact bucket.
    volume
        Of the instances' storage volumes.
    data_capture
        Of captured data.
    topics
        Of the topics that the stack makes.
    made
        The key that the stack makes for those of them that ask for it.
    """

    bucket: str | None
    volume: str | None
    data_capture: str | None
    topics: str | None
    made: kms.Key | None = None

    @property
    def any(self) -> bool:
        """Whether there is a key."""
        return any((self.bucket, self.volume, self.data_capture, self.topics))

    def statements(self, *, writes: bool, publishes: bool) -> list[iam.PolicyStatement]:
        """Let the role use each key for what it is there for.

        Parameters
        ----------
        writes
            Whether the role writes objects that the bucket's key encrypts.
        publishes
            Whether the role publishes to the stack's topics.

        Notes
        -----
        Sources: Amazon SageMaker AI Developer Guide, "How to use SageMaker AI execution roles" (kms:Decrypt,
        kms:CreateGrant); Amazon S3 User Guide, "Using server-side encryption with AWS KMS keys"
        (kms:GenerateDataKey to write, kms:Decrypt to read and for uploads in parts); Amazon SNS Developer Guide,
        "Encryption at rest".
        """
        wanted = [
            ("UseBucketKey", self.bucket, ["kms:Decrypt"]),
            ("EncryptInBucket", self.bucket if writes else None, ["kms:GenerateDataKey"]),
            ("EncryptVolume", self.volume, ["kms:CreateGrant"]),
            ("EncryptCaptures", self.data_capture, ["kms:GenerateDataKey"]),
            ("PublishEncrypted", self.topics if publishes else None, ["kms:Decrypt", "kms:GenerateDataKey"]),
        ]
        return [
            iam.PolicyStatement(sid=sid, actions=actions, resources=[arn]) for sid, arn, actions in wanted if arn
        ]

    def caller_statements(self) -> list[iam.PolicyStatement]:
        """Let callers write to the bucket and read from it; those do who exchange objects with the endpoint."""
        if not self.bucket:
            return []
        actions = ["kms:Decrypt", "kms:GenerateDataKey"]
        return [iam.PolicyStatement(sid="UseBucketKey", actions=actions, resources=[self.bucket])]


def endpoint_keys(scope: Construct, *, settings: EnvironmentSettings, endpoint: EndpointSettings) -> EndpointKeys:
    """Find an endpoint's keys, and make one in `scope` where the settings say `made`.

    Parameters
    ----------
    scope
        The endpoint's stack.
    settings
        Of the environment.
    endpoint
        Of the endpoint.
    """
    encryption = endpoint.encryption
    made: kms.Key | None = None
    if encryption.makes_key:
        stack = cdk.Stack.of(scope)
        made = made_key(
            scope,
            "EncryptionKey",
            description=f"Encrypts what {stack.stack_name} keeps",
            retain=settings.removal == "retain",
            statements=[_alarms_publish(stack)] if encryption.topics == MADE else [],
        )

    def arn(key: str | None) -> str | None:
        return made.key_arn if made and key == MADE else key

    return EndpointKeys(
        bucket=bucket_key_arn(scope, settings),
        volume=arn(encryption.volume),
        data_capture=arn(encryption.data_capture),
        topics=arn(encryption.topics),
        made=made,
    )


def bucket_key_arn(scope: Construct, settings: EnvironmentSettings) -> str | None:
    """Return the bucket's key; one that the artifact stack makes is known by an SSM parameter of a fixed name.

    An export would tie the two stacks together, so that neither could be deployed alone.
    """
    if settings.encryption.bucket != MADE:
        return settings.encryption.bucket
    return ssm.StringParameter.value_for_string_parameter(scope, settings.names.bucket_key_parameter)


def _alarms_publish(stack: cdk.Stack) -> iam.PolicyStatement:
    """Let alarms publish to a topic that the key encrypts (Amazon SNS Developer Guide, "Key management")."""
    return iam.PolicyStatement(
        sid="AlarmsPublish",
        principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions=["kms:Decrypt", "kms:GenerateDataKey"],
        resources=["*"],
        conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
    )
