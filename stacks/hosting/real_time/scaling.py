"""Instances of a real-time endpoint, by its requests."""

import aws_cdk as cdk
from constructs import Construct

from stacks.hosting.real_time.settings import InstanceAutoscaling
from stacks.hosting.scalable_target import scalable_target, target_tracking


def scale_instances(
    scope: Construct,
    endpoint: cdk.CfnResource,
    endpoint_name: str,
    variant: str,
    settings: InstanceAutoscaling,
) -> None:
    """Register the variant, with a policy on a predefined metric; parameters as of `scalable_target`.

    Source: Amazon SageMaker AI Developer Guide, "Auto scaling policy overview".
    """
    target = scalable_target(scope, endpoint, endpoint_name, variant, settings)
    target_tracking(
        scope,
        target,
        settings,
        name=f"{endpoint_name}-{variant}-requests",
        target_value=settings.target_value,
        metric=settings.predefined_metric_type,
    )
