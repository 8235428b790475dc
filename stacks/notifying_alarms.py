"""The alarms that tell somebody, and undo nothing: an endpoint that fills up, fails or falls behind."""

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.dashboard_graph import INSTANCES, REQUESTS
from stacks.settings import EndpointSettings, Variant

_PERIOD = 60
_PERIODS, _BREACHING = 5, 3
"""Three minutes of the last five: a single burst wakes nobody."""


@dataclass(frozen=True)
class _Watched:
    """One metric and its threshold; the alarm's id starts with `name`."""

    name: str
    what: str
    namespace: str
    metric: str
    statistic: str
    threshold: float
    variant: str | None


def notifying_alarms(
    scope: Construct, settings: EndpointSettings, *, endpoint_name: str, topic_arn: str
) -> list[cloudwatch.CfnAlarm]:
    """Make the alarms in `scope`; those that undo updates are of `stacks.alarms`, and not made once more here.

    Parameters
    ----------
    scope
        The endpoint's stack.
    settings
        Of the endpoint.
    endpoint_name
        The endpoint's current name.
    topic_arn
        What hears of each alarm, and of its end.

    Notes
    -----
    Metrics: as of `stacks.dashboard_graphs`.
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
        for watched in _watched(settings)
    ]


def _dimensions(endpoint_name: str, variant: str | None) -> list[cloudwatch.CfnAlarm.DimensionProperty]:
    named = {"EndpointName": endpoint_name, **({"VariantName": variant} if variant else {})}
    return [cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value) for name, value in named.items()]


def _watched(settings: EndpointSettings) -> Iterator[_Watched]:
    alarms = settings.observability.alarms
    for variant in settings.all_variants:
        yield from _of_variant(settings, variant)
    if settings.hosting.has_queue and (age := alarms.age_of_oldest_request_in_seconds) is not None:
        what = f"a request has waited longer than {age} s"
        yield _Watched("Backlog", what, REQUESTS, "ApproximateAgeOfOldestRequest", "Maximum", age, None)


def _of_variant(settings: EndpointSettings, variant: Variant) -> Iterator[_Watched]:
    alarms, way = settings.observability.alarms, settings.hosting
    if not way.is_watched and (share := alarms.invocation_5xx_errors_in_percent) is not None:
        what = f"more than {share:g} % of the requests fail"
        yield _Watched("Errors", what, REQUESTS, "Invocation5XXErrors", "Average", share / 100, variant.name)
    if (full := alarms.memory_utilization_in_percent) is not None:
        what = f"more than {full:g} % of the memory is in use"
        yield _Watched("Memory", what, INSTANCES, "MemoryUtilization", "Maximum", full, variant.name)
    if way.has_instances and (full := alarms.disk_utilization_in_percent) is not None:
        what = f"more than {full:g} % of the disk is in use"
        yield _Watched("Disk", what, INSTANCES, "DiskUtilization", "Maximum", full, variant.name)
    if way.has_max_concurrency and (busy := alarms.concurrency_utilization_in_percent) is not None:
        what = f"more than {busy:g} % of max_concurrency is in use; requests beyond it are throttled"
        metric = "ServerlessConcurrentExecutionsUtilization"
        yield _Watched("Concurrency", what, REQUESTS, metric, "Maximum", busy / 100, variant.name)
