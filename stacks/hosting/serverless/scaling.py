"""Provisioned concurrency of a serverless endpoint, by how much of it is in use."""

import aws_cdk as cdk
from constructs import Construct

from stacks.hosting.scalable_target import scalable_target, target_tracking
from stacks.hosting.serverless.settings import ConcurrencyAutoscaling


def scale_concurrency(
    scope: Construct,
    endpoint: cdk.CfnResource,
    endpoint_name: str,
    variant: str,
    settings: ConcurrencyAutoscaling,
) -> None:
    """Register the variant, with a policy on its utilization; parameters as of `scalable_target`.

    Source: Amazon SageMaker AI Developer Guide, "Automatically scale Provisioned Concurrency for a serverless
    endpoint".
    """
    target = scalable_target(
        scope, endpoint, endpoint_name, variant, settings, dimension="DesiredProvisionedConcurrency"
    )
    target_tracking(
        scope,
        target,
        settings,
        name=f"{endpoint_name}-{variant}-utilization",
        target_value=settings.target_value,
        metric="SageMakerVariantProvisionedConcurrencyUtilization",
    )
