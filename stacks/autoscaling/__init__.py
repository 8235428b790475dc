"""An endpoint's capacity follows its load: one module per metric that it follows."""

from collections.abc import Sequence

import aws_cdk as cdk
from constructs import Construct

from stacks.autoscaling.backlog import scale_by_backlog
from stacks.autoscaling.concurrency import scale_concurrency
from stacks.autoscaling.instances import scale_instances
from stacks.settings import AsyncHosting, RealTimeHosting, Variant

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
        hosting = variant.hosting
        if hosting.autoscaling is None:
            continue
        place = Construct(scope, variant.name)
        if isinstance(hosting, AsyncHosting):
            scale_by_backlog(place, endpoint, endpoint_name, variant.name, hosting.autoscaling)
        elif isinstance(hosting, RealTimeHosting):
            scale_instances(place, endpoint, endpoint_name, variant.name, hosting.autoscaling)
        else:
            scale_concurrency(place, endpoint, endpoint_name, variant.name, hosting.autoscaling)
