"""An endpoint's capacity follows its load: one module per metric that it follows."""

from collections.abc import Sequence

import aws_cdk as cdk
from constructs import Construct

from stacks.autoscaling.backlog import scale_by_backlog
from stacks.autoscaling.concurrency import scale_concurrency
from stacks.autoscaling.instances import scale_instances
from stacks.settings import Variant
from stacks.settings.hosting import BacklogAutoscaling, ConcurrencyAutoscaling, InstanceAutoscaling

__all__ = ["add_autoscaling"]


def add_autoscaling(
    scope: Construct, *, endpoint: cdk.CfnResource, endpoint_name: str, variants: Sequence[Variant]
) -> None:
    """Register the production variants with Application Auto Scaling; nothing where the settings have no such key.

    Parameters
    ----------
    scope
        Where the targets and policies go: another one for another endpoint, which has targets of its own.
    endpoint
        The endpoint's resource, which must be there first.
    endpoint_name
        Its name.
    variants
        Its production variants.
    """
    for variant in variants:
        match variant.hosting.autoscaling:
            case BacklogAutoscaling() as settings:
                scale_by_backlog(Construct(scope, variant.name), endpoint, endpoint_name, variant.name, settings)
            case InstanceAutoscaling() as settings:
                scale_instances(Construct(scope, variant.name), endpoint, endpoint_name, variant.name, settings)
            case ConcurrencyAutoscaling() as settings:
                scale_concurrency(Construct(scope, variant.name), endpoint, endpoint_name, variant.name, settings)
