"""What is scaled, between which bounds; and the policy that keeps a metric where it should be."""

from typing import Literal

import aws_cdk as cdk
from aws_cdk import aws_applicationautoscaling as autoscaling
from constructs import Construct

from stacks.hosting.autoscaling import Autoscaling

Dimension = Literal["DesiredInstanceCount", "DesiredProvisionedConcurrency"]
CustomMetric = autoscaling.CfnScalingPolicy.CustomizedMetricSpecificationProperty


def scalable_target(
    scope: Construct,
    endpoint: cdk.CfnResource,
    endpoint_name: str,
    variant: str,
    settings: Autoscaling,
    *,
    dimension: Dimension = "DesiredInstanceCount",
) -> autoscaling.CfnScalableTarget:
    """Register a variant, with the role that Application Auto Scaling makes for SageMaker by itself.

    Parameters
    ----------
    scope
        Where `Target` goes.
    endpoint
        The endpoint's resource.
    endpoint_name
        Its name.
    variant
        The variant's name.
    settings
        The bounds.
    dimension
        What of the variant is scaled.

    Notes
    -----
    Source: Application Auto Scaling API, RegisterScalableTarget (ResourceId, ScalableDimension).
    """
    target = autoscaling.CfnScalableTarget(
        scope,
        "Target",
        service_namespace="sagemaker",
        resource_id=f"endpoint/{endpoint_name}/variant/{variant}",
        scalable_dimension=f"sagemaker:variant:{dimension}",
        min_capacity=settings.min_capacity,
        max_capacity=settings.max_capacity,
    )
    target.add_resource_dependency(endpoint)
    return target


def target_tracking(
    scope: Construct,
    target: autoscaling.CfnScalableTarget,
    settings: Autoscaling,
    *,
    name: str,
    target_value: float,
    metric: str | CustomMetric,
) -> autoscaling.CfnScalingPolicy:
    """Keep a metric at a value, by more or less capacity (Application Auto Scaling API, PutScalingPolicy).

    Parameters
    ----------
    scope
        Where `Tracking` goes.
    target
        What is scaled.
    settings
        The cooldowns, in seconds.
    name
        Of the policy, unique for the target.
    target_value
        What the metric is kept at.
    metric
        A predefined metric by its type, or another one.
    """
    predefined = metric if isinstance(metric, str) else None
    return autoscaling.CfnScalingPolicy(
        scope,
        "Tracking",
        policy_name=name,
        policy_type="TargetTrackingScaling",
        scaling_target_id=target.ref,
        target_tracking_scaling_policy_configuration=(
            autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
                target_value=target_value,
                scale_in_cooldown=settings.scale_in_cooldown,
                scale_out_cooldown=settings.scale_out_cooldown,
                predefined_metric_specification=(
                    autoscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
                        predefined_metric_type=predefined
                    )
                    if predefined
                    else None
                ),
                customized_metric_specification=None if isinstance(metric, str) else metric,
            )
        ),
    )
