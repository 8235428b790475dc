"""The Endpoint itself, and the log group that it writes to."""

from collections.abc import Iterator

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.names import Names
from stacks.rollout import EndpointRollout
from stacks.settings import EndpointSettings

# VariantProperty has a third, DesiredInstanceCount, which is the one to keep (SageMaker API, UpdateEndpoint).
_NOT_RETAINED = ("DesiredWeight", "DataCaptureConfig")


def mode_id(mode: str) -> str:
    """Return the beginning of the logical ids that say how an endpoint is hosted, as RealTime."""
    return "".join(word.capitalize() for word in mode.split("-"))


def add_endpoint(
    scope: Construct,
    *,
    names: Names,
    endpoint: str,
    settings: EndpointSettings,
    config: sagemaker.CfnEndpointConfig,
    rollout: EndpointRollout,
) -> sagemaker.CfnEndpoint:
    """Make `<Mode>LogGroup` and `<Mode>Endpoint` in `scope`.

    Parameters
    ----------
    scope
        The stack.
    names
        Of the environment.
    endpoint
        The endpoint's name in the settings.
    settings
        Of the endpoint.
    config
        What it deploys.
    rollout
        How an update reaches its requests.
    """
    mode = settings.mode
    log_group = logs.CfnLogGroup(
        scope,
        f"{mode_id(mode)}LogGroup",
        log_group_name=names.log_group(endpoint, mode),
        retention_in_days=settings.log_retention_in_days,
    )
    made = sagemaker.CfnEndpoint(
        scope,
        f"{mode_id(mode)}Endpoint",
        endpoint_name=names.endpoint(endpoint, mode),
        endpoint_config_name=config.attr_endpoint_config_name,
        deployment_config=rollout.config(),
        retain_all_variant_properties=True if _scales_instances(settings) else None,
        exclude_retained_variant_properties=[
            sagemaker.CfnEndpoint.VariantPropertyProperty(variant_property_type=one) for one in _NOT_RETAINED
        ]
        if _scales_instances(settings)
        else None,
    )
    # Otherwise SageMaker makes the log group, without retention, and ours then exists already.
    made.add_resource_dependency(log_group)
    for what in _replacing(settings):
        cdk.Annotations.of(made).add_info(
            f"{made.endpoint_name} {what} makes a new endpoint under a new name before this one goes "
            "(docs/hosting.md, Replacement)"
        )
    return made


def _replacing(settings: EndpointSettings) -> Iterator[str]:
    """Yield the beginnings of sentences on the changes, within a way to host, that UpdateEndpoint cannot make."""
    if _scales_instances(settings):
        yield "is scaled automatically: another instance_type, or no autoscaling,"
    if settings.variants and settings.hosting.has_instances:
        yield f"has the variants {', '.join(settings.variants)}: adding, removing or renaming one"


def _scales_instances(settings: EndpointSettings) -> bool:
    """Whether an update has to keep the number of instances that autoscaling has come to.

    The API retains no provisioned concurrency.
    """
    hosting = settings.hosting
    return hosting.has_instances and hosting.scaling is not None
