"""The CloudWatch dashboard of an endpoint: whether it is up, how slow, how full, and how many instances it has."""

import json
from collections.abc import Iterable, Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.dashboard_graph import Graph
from stacks.place import place_of
from stacks.settings import EndpointSettings

_WIDTH, _HEIGHT, _COLUMNS = 8, 6, 3
"""Of a graph, on CloudWatch's grid of 24 columns."""

_ALARMS_HEIGHT = 2


def wants_dashboard(settings: EndpointSettings) -> bool:
    """Whether an endpoint has a dashboard: as the settings say, or else on instances.

    A dashboard costs some dollars a month beyond an account's first three: little beside an instance, much beside
    a serverless endpoint that is seldom called.
    """
    given = settings.observability.dashboard
    return settings.hosting.has_instances if given is None else given


def add_dashboard(
    scope: Construct,
    *,
    name: str,
    graphs: Iterable[Graph],
    alarm_arns: Sequence[str],
) -> cloudwatch.CfnDashboard:
    """Make the dashboard `Dashboard` in `scope`, and an output with its address.

    Parameters
    ----------
    scope
        The endpoint's stack.
    name
        The dashboard's name, unique in the account and region.
    graphs
        What it shows.
    alarm_arns
        The alarms whose states are shown.

    Notes
    -----
    Source: Amazon CloudWatch API, "Dashboard body structure and syntax".
    """
    above = _ALARMS_HEIGHT if alarm_arns else 0
    region = place_of(scope).region
    widgets = [
        *([_alarms(alarm_arns)] if alarm_arns else []),
        *(_widget(graph, number, above, region) for number, graph in enumerate(graphs)),
    ]
    dashboard = cloudwatch.CfnDashboard(
        scope,
        "Dashboard",
        dashboard_name=name,
        # The alarms' ARNs are tokens, but hold nothing that JSON escapes: `Stack.to_json_string` would write the
        # same, in a longer time.
        dashboard_body=json.dumps(
            {"start": "-PT3H", "widgets": widgets}, separators=(",", ":"), ensure_ascii=False
        ),
    )
    cdk.CfnOutput(scope, "DashboardName", value=name)
    return dashboard


def _alarms(arns: Sequence[str]) -> dict[str, object]:
    return {
        "type": "alarm",
        "x": 0,
        "y": 0,
        "width": _WIDTH * _COLUMNS,
        "height": _ALARMS_HEIGHT,
        "properties": {"title": "Alarms", "alarms": list(arns)},
    }


def _widget(graph: Graph, number: int, above: int, region: str) -> dict[str, object]:
    return {
        "type": "metric",
        "x": number % _COLUMNS * _WIDTH,
        "y": above + number // _COLUMNS * _HEIGHT,
        "width": _WIDTH,
        "height": _HEIGHT,
        "properties": {
            "title": graph.title,
            "view": "timeSeries",
            "region": region,
            "period": graph.period,
            "yAxis": {"left": {"label": graph.unit, "showUnits": False, "min": 0}},
            "metrics": [
                [line.namespace, line.metric, *line.dimensions, {"stat": line.stat, "label": line.label}]
                for line in graph.lines
            ],
        },
    }
