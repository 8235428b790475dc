"""What shows how an endpoint is: the topic of its alarms, the alarms that only tell, and the dashboard."""

from typing import Any

import aws_cdk as cdk

from stacks.dashboard import add_dashboard, wants_dashboard
from stacks.dashboard_graph import Lines
from stacks.hosting.hosted_endpoint import HostedEndpoint
from stacks.notifying_alarms import notifying_alarms
from stacks.rollout import EndpointRollout
from stacks.settings import EndpointSettings
from stacks.topics import alarm_topic_arn


def observe(
    stack: cdk.Stack,
    *,
    dashboard_name: str,
    settings: EndpointSettings,
    hosted: HostedEndpoint[Any],
    endpoint_name: str,
    topics_key_arn: str | None,
    rollout: EndpointRollout,
) -> None:
    """Add to an endpoint's stack what the settings ask for.

    Parameters
    ----------
    stack
        Of the endpoint.
    dashboard_name
        Of the dashboard.
    settings
        Of the endpoint.
    hosted
        What its way to host has of graphs and alarms.
    endpoint_name
        The endpoint's current name.
    topics_key_arn
        Of the KMS key that encrypts topics; None for none.
    rollout
        Whose alarms undo updates; the topic hears of them as well.
    """
    topic = alarm_topic_arn(stack, settings.observability, key_arn=topics_key_arn)
    alarm_arns = list(rollout.alarm_arns)
    if topic:
        for alarm in rollout.alarms:
            alarm.alarm_actions = [topic]
            alarm.ok_actions = [topic]
        notifying = notifying_alarms(stack, settings, hosted=hosted, endpoint_name=endpoint_name, topic_arn=topic)
        alarm_arns += [alarm.attr_arn for alarm in notifying]
    if wants_dashboard(settings):
        add_dashboard(
            stack,
            name=dashboard_name,
            graphs=hosted.graphs(Lines(settings.all_variants, endpoint_name)),
            alarm_arns=alarm_arns,
        )
