"""The CloudWatch alarms of an endpoint: it answers 5xx, it is slow, SageMaker before it is slow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.settings.rollout import RollbackAlarms

_PERIOD = 60  # seconds; endpoints publish every minute (Developer Guide, "Metrics for monitoring")
_EVALUATION_PERIODS = 2
_MICROSECONDS = 1000  # in a millisecond; SageMaker's latencies are in microseconds
_WHOSE_LATENCY = {"ModelLatency": "the container", "OverheadLatency": "SageMaker before the container"}


@dataclass(frozen=True)
class _Watched:
    """One metric, how it is summed up over a minute, and what is too much of it."""

    name: str
    description: str
    metric: str
    statistic: str | None
    extended_statistic: str | None
    threshold: float


def rollback_alarms(
    scope: Construct, *, endpoint_name: str, variants: Sequence[str], thresholds: RollbackAlarms
) -> list[cloudwatch.CfnAlarm]:
    """Make up to three alarms for each production variant.

    An endpoint that nobody calls publishes nothing: missing data is no alarm.

    Parameters
    ----------
    scope
        Where they go.
    endpoint_name
        The SageMaker endpoint's name.
    variants
        The names of its production variants.
    thresholds
        Of the settings; a threshold that is None has no alarm.

    Notes
    -----
    Source: Amazon SageMaker AI Developer Guide, "Metrics for monitoring Amazon SageMaker AI with Amazon
    CloudWatch", *endpoint invocation metrics*: Invocation5XXErrors is 1 or 0 for each request, so that its average
    is their rate; ModelLatency and OverheadLatency are in microseconds.
    """
    return [
        _alarm(scope, watched, endpoint_name, variant) for variant in variants for watched in _watched(thresholds)
    ]


def _alarm(scope: Construct, watched: _Watched, endpoint_name: str, variant: str) -> cloudwatch.CfnAlarm:
    return cloudwatch.CfnAlarm(
        scope,
        f"{variant}{watched.name}",
        alarm_description=f"{endpoint_name}, {variant}: {watched.description}",
        namespace="AWS/SageMaker",
        metric_name=watched.metric,
        dimensions=[
            cloudwatch.CfnAlarm.DimensionProperty(name="EndpointName", value=endpoint_name),
            cloudwatch.CfnAlarm.DimensionProperty(name="VariantName", value=variant),
        ],
        statistic=watched.statistic,
        extended_statistic=watched.extended_statistic,
        threshold=watched.threshold,
        comparison_operator="GreaterThanThreshold",
        period=_PERIOD,
        evaluation_periods=_EVALUATION_PERIODS,
        treat_missing_data="notBreaching",
    )


def _watched(thresholds: RollbackAlarms) -> Iterator[_Watched]:
    for metric, threshold in thresholds.by_metric.items():
        if metric in _WHOSE_LATENCY:
            description = f"one request in a hundred took {_WHOSE_LATENCY[metric]} longer than {threshold:g} ms"
            yield _Watched(metric, description, metric, None, "p99", threshold * _MICROSECONDS)
        else:
            description = f"more than {threshold:g} % of the requests were answered 5xx"
            yield _Watched("5xxErrors", description, metric, "Average", None, threshold / 100)
