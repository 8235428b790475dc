"""The statements that Slipway gives an execution role, each explained by the feature that needs it."""

from stacks.explained_statement import explained
from stacks.hosting import hosting_ways

UNBOUND_STATEMENTS = {
    "LogInToEcr": "ecr:GetAuthorizationToken takes no resource (Service Authorization Reference, Amazon ECR)",
    "PutMetrics": "cloudwatch:PutMetricData takes no resource (Service Authorization Reference, Amazon "
    "CloudWatch), so its namespace is bound",
    "DescribeNetwork": "EC2's Describe actions take no resource (Service Authorization Reference, Amazon EC2)",
}
"""The statements on the resource `*`, by sid, each with the reason why AWS allows nothing narrower."""

OWN_STATEMENTS = {
    "ReadModel": explained("hosting", "s3:GetObject"),
    "PullImage": explained(
        "hosting", "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"
    ),
    "LogInToEcr": explained("hosting", "ecr:GetAuthorizationToken"),
    "PutMetrics": explained("hosting", "cloudwatch:PutMetricData"),
    "WriteLogs": explained("hosting", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
    "WatchRollbackAlarms": explained("rollout", "cloudwatch:DescribeAlarms"),
    "ListModel": explained("artifact: uncompressed", "s3:ListBucket"),
    "WriteCaptures": explained("data_capture", "s3:PutObject"),
    "CreateNetworkInterfaces": explained("network", "ec2:CreateNetworkInterface"),
    "ShareNetworkInterfaces": explained("network", "ec2:CreateNetworkInterfacePermission"),
    "DeleteNetworkInterfaces": explained(
        "network", "ec2:DeleteNetworkInterface", "ec2:DeleteNetworkInterfacePermission"
    ),
    "DescribeNetwork": explained(
        "network",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    ),
    "UseBucketKey": explained("encryption of the bucket", "kms:Decrypt"),
    "EncryptInBucket": explained("encryption of the bucket, with what writes into it", "kms:GenerateDataKey"),
    "EncryptCaptures": explained("encryption.data_capture", "kms:GenerateDataKey"),
    "EncryptVolume": explained("encryption.volume", "kms:CreateGrant"),
    "PublishEncrypted": explained("encryption.topics", "kms:Decrypt", "kms:GenerateDataKey"),
    **{sid: one for way in hosting_ways().values() for sid, one in way.own_statements.items()},
}
"""Slipway's own statements by sid; a policy never has another one, but for `additional_statements`."""

OWN_SIDS = frozenset(OWN_STATEMENTS)
"""The ids that `additional_statements` cannot take."""
