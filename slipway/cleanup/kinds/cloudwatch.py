"""CloudWatch's alarms and dashboards."""

from __future__ import annotations

import re
from collections.abc import Iterator

from slipway.cleanup.finding import Clients
from slipway.cleanup.kinds.one_operation import Deletion, deleted_at_once
from slipway.cleanup.kinds.resource_kind import Tags, may_be_of, named_resources, pages, tag_map
from slipway.cleanup.resource import Resource
from stacks.names import Names

_TRACKING = "TargetTracking-endpoint/"


def _alarms(clients: Clients, names: Names) -> Iterator[Resource]:
    for one in pages(clients("cloudwatch"), "describe_alarms", "MetricAlarms"):
        name = one["AlarmName"]
        if not may_be_of(names, name.removeprefix(_TRACKING)):
            continue
        # A target tracking policy makes its alarms itself: they are deployed as long as it is.
        policy = re.search(r"policy (arn:\S+?)\.?$", one.get("AlarmDescription", ""))
        yield Resource("alarm", name, policy[1] if name.startswith(_TRACKING) and policy else one["AlarmArn"])


def _alarm_tags(clients: Clients, resource: Resource) -> Tags:
    if resource.name.startswith(_TRACKING):
        return {}
    cloudwatch = clients("cloudwatch")
    return tag_map(cloudwatch.list_tags_for_resource(ResourceARN=resource.arn)["Tags"])


def _dashboards(clients: Clients, names: Names) -> Iterator[Resource]:
    found = pages(
        clients("cloudwatch"), "list_dashboards", "DashboardEntries", DashboardNamePrefix=f"{names.prefix}-"
    )
    return named_resources("dashboard", found, "DashboardName", "DashboardArn")


ALARMS = deleted_at_once(
    "alarm",
    "alarms",
    _alarms,
    Deletion("cloudwatch", "delete_alarms", lambda one: {"AlarmNames": [one.name]}),
    _alarm_tags,
)
DASHBOARDS = deleted_at_once(
    "dashboard",
    "dashboards",
    _dashboards,
    Deletion("cloudwatch", "delete_dashboards", lambda one: {"DashboardNames": [one.name]}),
)
