"""The statements that Slipway gives an execution role, each explained by the feature that needs it."""

from dataclasses import dataclass

UNBOUND_STATEMENTS = {
    "LogInToEcr": "ecr:GetAuthorizationToken takes no resource (Service Authorization Reference, Amazon ECR)",
    "PutMetrics": "cloudwatch:PutMetricData takes no resource (Service Authorization Reference, Amazon "
    "CloudWatch), so its namespace is bound",
    "DescribeNetwork": "EC2's Describe actions take no resource (Service Authorization Reference, Amazon EC2)",
}
"""The statements on the resource `*`, by sid, each with the reason why AWS allows nothing narrower."""


@dataclass(frozen=True)
class Explained:
    """What a statement is for.

    Parameters
    ----------
    feature
        The setting that brings it; `hosting` for what every endpoint has.
    actions
        All that it allows.
    """

    feature: str
    actions: frozenset[str]


def _explained(feature: str, *actions: str) -> Explained:
    return Explained(feature, frozenset(actions))


OWN_STATEMENTS = {
    "ReadModel": _explained("hosting", "s3:GetObject"),
    "PullImage": _explained(
        "hosting", "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"
    ),
    "LogInToEcr": _explained("hosting", "ecr:GetAuthorizationToken"),
    "PutMetrics": _explained("hosting", "cloudwatch:PutMetricData"),
    "WriteLogs": _explained("hosting", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
    "ReadAsyncInput": _explained("hosting.type: async", "s3:GetObject"),
    "WriteAsyncOutput": _explained("hosting.type: async", "s3:PutObject"),
    "NotifyOfAsync": _explained("hosting.success_topic, hosting.error_topic", "sns:Publish"),
    "WatchRollbackAlarms": _explained("rollout", "cloudwatch:DescribeAlarms"),
    "ListModel": _explained("artifact: uncompressed", "s3:ListBucket"),
    "WriteCaptures": _explained("data_capture", "s3:PutObject"),
    "CreateNetworkInterfaces": _explained("network", "ec2:CreateNetworkInterface"),
    "ShareNetworkInterfaces": _explained("network", "ec2:CreateNetworkInterfacePermission"),
    "DeleteNetworkInterfaces": _explained(
        "network", "ec2:DeleteNetworkInterface", "ec2:DeleteNetworkInterfacePermission"
    ),
    "DescribeNetwork": _explained(
        "network",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    ),
    "UseBucketKey": _explained("encryption of the bucket", "kms:Decrypt"),
    "EncryptInBucket": _explained("encryption of the bucket, with what writes into it", "kms:GenerateDataKey"),
    "EncryptCaptures": _explained("encryption.data_capture", "kms:GenerateDataKey"),
    "EncryptVolume": _explained("encryption.volume", "kms:CreateGrant"),
    "PublishEncrypted": _explained("encryption.topics", "kms:Decrypt", "kms:GenerateDataKey"),
}
"""Slipway's own statements by sid; a policy never has another one, but for `additional_statements`."""

OWN_SIDS = frozenset(OWN_STATEMENTS)
"""The ids that `additional_statements` cannot take."""
