"""What shows how an endpoint is: the topic of its alarms, the alarms that only tell, and the dashboard."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from stacks.dashboard import add_dashboard, wants_dashboard
from stacks.notifying_alarms import notifying_alarms
from stacks.settings import EndpointSettings
from stacks.topics import alarm_topic_arn


def observe(
    stack: cdk.Stack,
    *,
    dashboard_name: str,
    settings: EndpointSettings,
    endpoint_name: str,
    topics_key_arn: str | None,
    rollback_alarms: Sequence[cloudwatch.CfnAlarm],
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
    endpoint_name
        The endpoint's current name.
    topics_key_arn
        Of the KMS key that encrypts topics; None for none.
    rollback_alarms
        The alarms that undo updates, of which the topic hears as well.
    """
    topic = alarm_topic_arn(stack, settings.observability, key_arn=topics_key_arn)
    alarms = list(rollback_alarms)
    if topic:
        for alarm in rollback_alarms:
            alarm.alarm_actions = [topic]
            alarm.ok_actions = [topic]
        alarms += notifying_alarms(stack, settings, endpoint_name=endpoint_name, topic_arn=topic)
    if wants_dashboard(settings):
        add_dashboard(
            stack,
            name=dashboard_name,
            settings=settings,
            endpoint_name=endpoint_name,
            alarm_arns=[alarm.attr_arn for alarm in alarms],
        )
