"""Kinds with one operation each: SSM parameters, Lambda functions, SNS topics and KMS keys."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from slipway.cleanup.finding import Clients
from slipway.cleanup.kinds.one_operation import Deletion, deleted_at_once
from slipway.cleanup.kinds.resource_kind import Tags, may_be_of, named_resources, pages, tag_map
from slipway.cleanup.resource import Resource
from stacks.names import Names

_PENDING_DAYS = 7
"""The shortest that KMS knows (AWS KMS API, ScheduleKeyDeletion)."""

_LEAVING = {"PendingDeletion", "PendingReplicaDeletion"}


def parameters(clients: Clients, names: Names) -> Iterator[Resource]:
    """List the SSM parameters of an environment's path."""
    path = f"/{names.project}/{names.environment}/"
    filters = [{"Key": "Name", "Option": "BeginsWith", "Values": [path]}]
    found = pages(clients("ssm"), "describe_parameters", "Parameters", ParameterFilters=filters)
    return named_resources("parameter", found, "Name", "ARN")


def _parameter_tags(clients: Clients, resource: Resource) -> Tags:
    found = clients("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=resource.name)
    return tag_map(found["TagList"])


def _functions(clients: Clients, names: Names) -> Iterator[Resource]:
    found = pages(clients("lambda"), "list_functions", "Functions")
    return named_resources("function", found, "FunctionName", "FunctionArn", names)


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


PARAMETERS = deleted_at_once(
    "parameter",
    "SSM parameters",
    parameters,
    Deletion("ssm", "delete_parameter", lambda one: {"Name": one.name}),
    _parameter_tags,
)
FUNCTIONS = deleted_at_once(
    "function",
    "Lambda functions",
    _functions,
    Deletion("lambda", "delete_function", lambda one: {"FunctionName": one.name}),
    _function_tags,
)
TOPICS = deleted_at_once(
    "topic",
    "SNS topics",
    _topics,
    Deletion("sns", "delete_topic", lambda one: {"TopicArn": one.arn}),
    _topic_tags,
)
KEYS = deleted_at_once(
    "key",
    "KMS keys",
    _keys,
    Deletion(
        "kms", "schedule_key_deletion", lambda one: {"KeyId": one.name, "PendingWindowInDays": _PENDING_DAYS}
    ),
    _key_tags,
)
