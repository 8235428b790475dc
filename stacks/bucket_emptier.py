"""The Lambda function with which the CDK empties a bucket before its deletion, made to leave nothing behind.

The CDK writes it with a managed policy that lets it create log groups, so its log group would stay (and come
back) after the stack is gone. Here the group is the stack's own, and the function may only write to it.
"""

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_logs as logs

_PROVIDER = "Custom::S3AutoDeleteObjectsCustomResourceProvider"


def own_bucket_emptier(stack: cdk.Stack) -> None:
    """Give the function a log group of the stack's, and rights to write to it in place of the managed policy."""
    provider = stack.node.find_child(_PROVIDER)
    handler = cast(cdk.CfnResource, provider.node.find_child("Handler"))
    role = cast(cdk.CfnResource, provider.node.find_child("Role"))
    group = logs.LogGroup(
        stack, "BucketEmptierLogs", retention=logs.RetentionDays.ONE_WEEK, removal_policy=cdk.RemovalPolicy.DESTROY
    )
    handler.add_property_override("LoggingConfig", {"LogGroup": group.log_group_name})
    role.add_property_deletion_override("ManagedPolicyArns")
    write = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": group.log_group_arn,
    }
    document = {"Version": "2012-10-17", "Statement": [write]}
    role.add_property_override("Policies", [{"PolicyName": "WriteLogs", "PolicyDocument": document}])
    # A finding in what the CDK writes: a dependency that a reference implies already.
    handler.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3005"]}})
