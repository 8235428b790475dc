"""CloudWatch's alarms and dashboards."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from slipway.cleanup.finding import Clients
from slipway.cleanup.kinds.resource_kind import ResourceKind, Tags, may_be_of, pages, tag_map
from slipway.cleanup.ownership import Resource
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
    for one in found:
        yield Resource("dashboard", one["DashboardName"], one["DashboardArn"])


ALARMS = ResourceKind(
    kind="alarm",
    plural="alarms",
    listed=_alarms,
    commands=lambda _, resource: (f"cloudwatch delete-alarms --alarm-names {shlex.quote(resource.name)}",),
    remove=lambda clients, resource, _: clients("cloudwatch").delete_alarms(AlarmNames=[resource.name]),
    tags=_alarm_tags,
)
DASHBOARDS = ResourceKind(
    kind="dashboard",
    plural="dashboards",
    listed=_dashboards,
    commands=lambda _, resource: (f"cloudwatch delete-dashboards --dashboard-names {resource.name}",),
    remove=lambda clients, resource, _: clients("cloudwatch").delete_dashboards(DashboardNames=[resource.name]),
)
