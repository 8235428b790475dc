"""The alarms that tell somebody, and undo nothing: an endpoint that fills up, fails or falls behind."""

from collections.abc import Iterator
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.dashboard_graph import INSTANCES, REQUESTS
from stacks.hosting.hosted_endpoint import HostedEndpoint
from stacks.settings import EndpointSettings, Variant
from stacks.watched_metric import WatchedMetric

_PERIOD = 60
_PERIODS, _BREACHING = 5, 3
"""Three minutes of the last five: a single burst wakes nobody."""


def notifying_alarms(
    scope: Construct,
    settings: EndpointSettings,
    *,
    hosted: HostedEndpoint[Any],
    endpoint_name: str,
    topic_arn: str,
) -> list[cloudwatch.CfnAlarm]:
    """Make the alarms in `scope`; those that undo updates are of `stacks.alarms`, and not made once more here.

    Parameters
    ----------
    scope
        The endpoint's stack.
    settings
        Of the endpoint.
    hosted
        What its way to host has alarms for beside these.
    endpoint_name
        The endpoint's current name.
    topic_arn
        What hears of each alarm, and of its end.

    Notes
    -----
    Metrics: Amazon SageMaker AI Developer Guide, "Amazon SageMaker AI metrics in Amazon CloudWatch".
    """
    # Below a construct of their own, ids carry a hash, so that names that differ by a hyphen alone do not meet.
    of_several = Construct(scope, "VariantAlarms") if len(settings.all_variants) > 1 else None
    return [
        cloudwatch.CfnAlarm(
            of_several if of_several and watched.variant else scope,
            f"{watched.variant}{watched.name}Alarm" if of_several and watched.variant else f"{watched.name}Alarm",
            alarm_description=f"{endpoint_name}: {watched.what}",
            namespace=watched.namespace,
            metric_name=watched.metric,
            dimensions=_dimensions(endpoint_name, watched.variant),
            statistic=watched.statistic,
            period=_PERIOD,
            evaluation_periods=_PERIODS,
            datapoints_to_alarm=_BREACHING,
            comparison_operator="GreaterThanThreshold",
            threshold=watched.threshold,
            treat_missing_data="notBreaching",
            alarm_actions=[topic_arn],
            ok_actions=[topic_arn],
        )
        for watched in _watched(settings, hosted)
    ]


def _dimensions(endpoint_name: str, variant: str | None) -> list[cloudwatch.CfnAlarm.DimensionProperty]:
    named = {"EndpointName": endpoint_name, **({"VariantName": variant} if variant else {})}
    return [cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value) for name, value in named.items()]


def _watched(settings: EndpointSettings, hosted: HostedEndpoint[Any]) -> Iterator[WatchedMetric]:
    alarms = settings.observability.alarms
    for variant in settings.all_variants:
        yield from _of_variant(settings, variant)
        yield from hosted.variant_alarms(alarms, variant.name)
    yield from hosted.endpoint_alarms(alarms)


def _of_variant(settings: EndpointSettings, variant: Variant) -> Iterator[WatchedMetric]:
    alarms, way = settings.observability.alarms, settings.hosting
    if not way.is_watched and (share := alarms.invocation_5xx_errors_in_percent) is not None:
        what = f"more than {share:g} % of the requests fail"
        yield WatchedMetric("Errors", what, REQUESTS, "Invocation5XXErrors", "Average", share / 100, variant.name)
    if (full := alarms.memory_utilization_in_percent) is not None:
        what = f"more than {full:g} % of the memory is in use"
        yield WatchedMetric("Memory", what, INSTANCES, "MemoryUtilization", "Maximum", full, variant.name)
    if way.has_instances and (full := alarms.disk_utilization_in_percent) is not None:
        what = f"more than {full:g} % of the disk is in use"
        yield WatchedMetric("Disk", what, INSTANCES, "DiskUtilization", "Maximum", full, variant.name)
