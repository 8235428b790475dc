"""Kinds with one operation each: SSM parameters, Lambda functions, SNS topics and KMS keys."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from slipway.cleanup.finding import Clients
from slipway.cleanup.kinds.resource_kind import ResourceKind, Tags, may_be_of, pages, tag_map
from slipway.cleanup.ownership import Resource
from stacks.names import Names

_PENDING_DAYS = 7
"""The shortest that KMS knows (AWS KMS API, ScheduleKeyDeletion)."""

_LEAVING = {"PendingDeletion", "PendingReplicaDeletion"}


def parameters(clients: Clients, names: Names) -> Iterator[Resource]:
    """List the SSM parameters of an environment's path."""
    path = f"/{names.project}/{names.environment}/"
    filters = [{"Key": "Name", "Option": "BeginsWith", "Values": [path]}]
    for one in pages(clients("ssm"), "describe_parameters", "Parameters", ParameterFilters=filters):
        yield Resource("parameter", one["Name"], one.get("ARN", ""))


def _parameter_tags(clients: Clients, resource: Resource) -> Tags:
    found = clients("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=resource.name)
    return tag_map(found["TagList"])


def _functions(clients: Clients, names: Names) -> Iterator[Resource]:
    for one in pages(clients("lambda"), "list_functions", "Functions"):
        if may_be_of(names, one["FunctionName"]):
            yield Resource("function", one["FunctionName"], one["FunctionArn"])


def _function_tags(clients: Clients, resource: Resource) -> Tags:
    tags: Tags = clients("lambda").list_tags(Resource=resource.arn).get("Tags", {})
    return tags


def _topics(clients: Clients, names: Names) -> Iterator[Resource]:
    for one in pages(clients("sns"), "list_topics", "Topics"):
        name = one["TopicArn"].rpartition(":")[2]
        if may_be_of(names, name):
            yield Resource("topic", name, one["TopicArn"])


def _topic_tags(clients: Clients, resource: Resource) -> Tags:
    return tag_map(clients("sns").list_tags_for_resource(ResourceArn=resource.arn)["Tags"])


def _keys(clients: Clients, _names: Names) -> Iterator[Resource]:
    for one in pages(clients("kms"), "list_keys", "Keys"):
        try:
            key = clients("kms").describe_key(KeyId=one["KeyId"])["KeyMetadata"]
        except ClientError as error:
            if not _is_closed(error):
                raise
            yield Resource("key", one["KeyId"], one["KeyArn"], is_closed=True)
            continue
        if key.get("KeyManager") == "CUSTOMER" and key["KeyState"] not in _LEAVING:
            yield Resource("key", key["KeyId"], key["Arn"], says=key.get("Description", ""))


def _key_tags(clients: Clients, resource: Resource) -> Tags:
    try:
        found = list(pages(clients("kms"), "list_resource_tags", "Tags", KeyId=resource.name))
    except ClientError as error:
        if resource.is_closed and _is_closed(error):
            return {}
        raise
    return tag_map(found, "TagKey", "TagValue")


def _is_closed(error: ClientError) -> bool:
    """Whether the resource's own policy refuses, and not one of these credentials, which would refuse all.

    Source: IAM User Guide, "Troubleshoot access denied error messages".
    """
    told = error.response["Error"]
    return told.get("Code") == "AccessDeniedException" and "resource-based policy" in str(told.get("Message", ""))


PARAMETERS = ResourceKind(
    kind="parameter",
    plural="SSM parameters",
    listed=parameters,
    commands=lambda _, resource: (f"ssm delete-parameter --name {resource.name}",),
    remove=lambda clients, resource, _: clients("ssm").delete_parameter(Name=resource.name),
    tags=_parameter_tags,
)
FUNCTIONS = ResourceKind(
    kind="function",
    plural="Lambda functions",
    listed=_functions,
    commands=lambda _, resource: (f"lambda delete-function --function-name {resource.name}",),
    remove=lambda clients, resource, _: clients("lambda").delete_function(FunctionName=resource.name),
    tags=_function_tags,
)
TOPICS = ResourceKind(
    kind="topic",
    plural="SNS topics",
    listed=_topics,
    commands=lambda _, resource: (f"sns delete-topic --topic-arn {resource.arn}",),
    remove=lambda clients, resource, _: clients("sns").delete_topic(TopicArn=resource.arn),
    tags=_topic_tags,
)
KEYS = ResourceKind(
    kind="key",
    plural="KMS keys",
    listed=_keys,
    commands=lambda _, resource: (
        f"kms schedule-key-deletion --key-id {resource.name} --pending-window-in-days {_PENDING_DAYS}",
    ),
    remove=lambda clients, resource, _: clients("kms").schedule_key_deletion(
        KeyId=resource.name, PendingWindowInDays=_PENDING_DAYS
    ),
    tags=_key_tags,
)
