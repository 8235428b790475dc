"""Instances of an asynchronous endpoint, by the requests that wait; down to none, and up again from there."""

import aws_cdk as cdk
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.hosting.asynchronous.settings import BacklogAutoscaling
from stacks.hosting.scalable_target import CustomMetric, scalable_target, target_tracking

_NAMESPACE = "AWS/SageMaker"
_PERIOD = 60  # seconds; the metrics of the backlog come every minute
_PERIODS_TO_WAKE = 2


def scale_by_backlog(
    scope: Construct,
    endpoint: cdk.CfnResource,
    endpoint_name: str,
    variant: str,
    settings: BacklogAutoscaling,
) -> None:
    """Register the variant, with a policy on the backlog, and with one that starts the first instance.

    Target tracking divides by the number of instances: with none, it would wait until the backlog itself exceeds
    the target value. Parameters as of `scalable_target`.

    Notes
    -----
    Source: Amazon SageMaker AI Developer Guide, "Autoscale an asynchronous endpoint", with its *Define a scaling
    policy that scales up from zero for new requests*.
    """
    target = scalable_target(scope, endpoint, endpoint_name, variant, settings)
    target_tracking(
        scope,
        target,
        settings,
        name=f"{endpoint_name}-{variant}-backlog",
        target_value=settings.target_value,
        metric=CustomMetric(
            namespace=_NAMESPACE,
            metric_name="ApproximateBacklogSizePerInstance",
            dimensions=[
                autoscaling.CfnScalingPolicy.MetricDimensionProperty(name="EndpointName", value=endpoint_name)
            ],
            statistic="Average",
        ),
    )
    if settings.min_capacity == 0:
        _wake(scope, target, endpoint_name, variant, settings)


def _wake(
    scope: Construct,
    target: autoscaling.CfnScalableTarget,
    endpoint_name: str,
    variant: str,
    settings: BacklogAutoscaling,
) -> None:
    wake = autoscaling.CfnScalingPolicy(
        scope,
        "Wake",
        policy_name=f"{endpoint_name}-{variant}-wake",
        policy_type="StepScaling",
        scaling_target_id=target.ref,
        step_scaling_policy_configuration=autoscaling.CfnScalingPolicy.StepScalingPolicyConfigurationProperty(
            adjustment_type="ChangeInCapacity",
            metric_aggregation_type="Average",
            cooldown=settings.scale_out_cooldown,
            step_adjustments=[
                autoscaling.CfnScalingPolicy.StepAdjustmentProperty(
                    metric_interval_lower_bound=0, scaling_adjustment=1
                )
            ],
        ),
    )
    cloudwatch.CfnAlarm(
        scope,
        "WakeAlarm",
        alarm_description=f"{endpoint_name}: requests wait, and there is no instance",
        namespace=_NAMESPACE,
        metric_name="HasBacklogWithoutCapacity",
        dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name="EndpointName", value=endpoint_name)],
        statistic="Average",
        threshold=1,
        comparison_operator="GreaterThanOrEqualToThreshold",
        period=_PERIOD,
        evaluation_periods=_PERIODS_TO_WAKE,
        datapoints_to_alarm=_PERIODS_TO_WAKE,
        treat_missing_data="missing",
        alarm_actions=[wake.attr_arn],
    )
