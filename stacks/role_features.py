"""What an execution role may do for the features that its endpoint has on."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from stacks.data_capture import capture_statement
from stacks.encryption import EndpointKeys
from stacks.names import Names
from stacks.network import network_statements
from stacks.settings import EndpointSettings
from stacks.settings.statements import AdditionalStatement
from stacks.uncompressed import list_statement


def feature_statements(
    stack: cdk.Stack,
    *,
    names: Names,
    endpoint: str,
    settings: EndpointSettings,
    keys: EndpointKeys,
    publishes: bool,
) -> list[iam.PolicyStatement]:
    """List the statements beyond those of every endpoint; with no feature on there are none.

    Parameters
    ----------
    stack
        Of the endpoint.
    names
        Of the environment.
    endpoint
        The endpoint's name in the settings.
    settings
        Of the endpoint.
    keys
        Its KMS keys.
    publishes
        Whether the role publishes to topics that the stack makes.
    """
    capture = settings.data_capture
    stores = any(access.action == "s3:PutObject" for access in settings.hosting.role_access(endpoint))
    writes = stores or (capture is not None and keys.data_capture is None)
    return [
        *(
            [list_statement(stack, bucket=names.bucket, prefix=names.tarball_prefix(endpoint))]
            if settings.artifact == "uncompressed"
            else []
        ),
        *([capture_statement(stack, capture, bucket=names.bucket, endpoint=endpoint)] if capture else []),
        *network_statements(stack, settings.network),
        *keys.statements(writes=writes, publishes=publishes),
        *(_additional(statement) for statement in settings.additional_statements),
    ]


def note_reasons(stack: cdk.Stack, settings: EndpointSettings) -> None:
    """Say at synth why an additional statement is as wide as it is, where the settings have to say so."""
    for statement in settings.additional_statements:
        if statement.reason:
            cdk.Annotations.of(stack).add_info(f"additional_statements: {statement.sid}: {statement.reason}")


def _additional(statement: AdditionalStatement) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=statement.sid,
        actions=statement.actions,
        resources=statement.resources,
        conditions=dict(statement.conditions) or None,
    )
