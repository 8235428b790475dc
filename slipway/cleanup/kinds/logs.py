"""CloudWatch Logs' log groups of endpoints and functions."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.cleanup.finding import Clients
from slipway.cleanup.kinds.one_operation import Deletion, deleted_at_once
from slipway.cleanup.kinds.resource_kind import Tags, pages
from slipway.cleanup.resource import Resource
from stacks.names import LOG_GROUPS, Names


def _log_groups(clients: Clients, names: Names) -> Iterator[Resource]:
    stacks = names.endpoint_stack("")
    # The last one is how the local AWS names those that have no name in the template.
    for prefix in (
        f"{LOG_GROUPS}{names.prefix}-",
        f"/aws/lambda/{stacks}",
        stacks,
        f"/aws/cloudformation/{stacks}",
    ):
        for one in pages(clients("logs"), "describe_log_groups", "logGroups", logGroupNamePrefix=prefix):
            yield Resource("log group", one["logGroupName"], one["arn"].removesuffix(":*"))


def _tags(clients: Clients, resource: Resource) -> Tags:
    tags: Tags = clients("logs").list_tags_for_resource(resourceArn=resource.arn)["tags"]
    return tags


LOG_GROUPS_KIND = deleted_at_once(
    "log group",
    "log groups",
    _log_groups,
    Deletion("logs", "delete_log_group", lambda one: {"logGroupName": one.name}),
    _tags,
)
