"""Autoscaling of variants."""

from collections.abc import Iterator

from stacks.instance_types import family
from stacks.rules.registry import Problem, rule
from stacks.rules.scaling import ScalableTarget, targets
from stacks.rules.views import Endpoint

_INSTANCES = "sagemaker:variant:DesiredInstanceCount"
_PROVISIONED = "sagemaker:variant:DesiredProvisionedConcurrency"


@rule(
    ScalableTarget,
    "autoscaling-t2",
    "Autoscaling does not work on ml.t2",
    why="SageMaker's autoscaling does not support burstable T2 instances",
    mend="Choose another instance type, for example ml.m5.large.",
    source="scaling-prerequisites",
)
def autoscaling_t2(target: ScalableTarget) -> Iterator[Problem]:
    """Look at the instance types of the scaled variant."""
    for node in target.variant.instance_types if target.variant else ():
        if family(node.text or "") == "t2":
            yield Problem(node, f"a variant on {node.text} is scaled")


@rule(
    ScalableTarget,
    "autoscaling-bounds",
    "The least capacity is at most the most",
    why="Application Auto Scaling refuses a minimum above the maximum",
    mend="Swap MinCapacity and MaxCapacity.",
    source="scaling-prerequisites",
)
def autoscaling_bounds(target: ScalableTarget) -> Iterator[Problem]:
    """Compare MinCapacity and MaxCapacity of a SageMaker variant."""
    least, most = target.at("MinCapacity").number, target.at("MaxCapacity").number
    if target.is_sagemaker and least is not None and most is not None and least > most:
        yield Problem(target.at("MinCapacity"), f"MinCapacity is {least:g}, MaxCapacity {most:g}")


@rule(
    ScalableTarget,
    "autoscaling-initial",
    "A variant starts with a capacity within its bounds",
    why="autoscaling changes the capacity at once after the deployment",
    mend="Set the initial capacity between MinCapacity and MaxCapacity.",
    source="scaling",
    severity="warning",
)
def autoscaling_initial(target: ScalableTarget) -> Iterator[Problem]:
    """Compare the initial capacity with the bounds; a warning, because autoscaling mends it."""
    if target.variant is None:
        return
    serverless = target.variant.serverless
    keys = ("ServerlessConfig", "ProvisionedConcurrency") if serverless else ("InitialInstanceCount",)
    initial = target.variant.at(*keys)
    least, most = target.at("MinCapacity").number, target.at("MaxCapacity").number
    if initial.number is None or least is None or most is None:
        return
    if not least <= initial.number <= most:
        yield Problem(initial, f"{keys[-1]} is {initial.number:g}, and autoscaling keeps {least:g} to {most:g}")


@rule(
    ScalableTarget,
    "autoscaling-dimension",
    "Instances scale by count, serverless by concurrency",
    why="a variant on instances has no provisioned concurrency, and a serverless one no instances",
    mend=f"Set ScalableDimension to {_INSTANCES}, on serverless to {_PROVISIONED}.",
    source="serverless-scaling",
)
def autoscaling_dimension(target: ScalableTarget) -> Iterator[Problem]:
    """Compare the dimension with the kind of variant."""
    dimension = target.at("ScalableDimension")
    if target.variant is None or dimension.text not in (_INSTANCES, _PROVISIONED):
        return
    wanted = _PROVISIONED if target.variant.serverless else _INSTANCES
    certain = target.variant.serverless or bool(target.variant.instance_types)
    if certain and dimension.text != wanted:
        yield Problem(
            dimension,
            f"{target.variant.label} is scaled by {dimension.text}",
            f"Set ScalableDimension to {wanted}.",
        )


@rule(
    ScalableTarget,
    "autoscaling-provisioned",
    "Serverless scales what is provisioned",
    why="only provisioned concurrency scales, and it is at most MaxConcurrency",
    mend="Set ProvisionedConcurrency, and MaxCapacity to at most MaxConcurrency.",
    source="serverless-scaling",
)
def autoscaling_provisioned(target: ScalableTarget) -> Iterator[Problem]:
    """Look at a scaled serverless variant."""
    if target.variant is None or not target.variant.serverless:
        return
    config = target.variant.at("ServerlessConfig")
    if config.at("ProvisionedConcurrency").absent:
        yield Problem(config, f"{target.variant.label} is scaled and has no ProvisionedConcurrency")
    most, limit = target.at("MaxCapacity"), config.at("MaxConcurrency").number
    if most.number is not None and limit is not None and most.number > limit:
        yield Problem(most, f"MaxCapacity is {most.number:g}, MaxConcurrency {limit:g}")


@rule(
    ScalableTarget,
    "autoscaling-zero",
    "Only async and inference components scale to zero",
    why="a real-time variant keeps one instance at least",
    mend="Set MinCapacity to 1, make the endpoint asynchronous, or host inference components.",
    source="scaling-zero",
)
def autoscaling_zero(target: ScalableTarget) -> Iterator[Problem]:
    """Look for a minimum of zero instances; a variant without a model hosts inference components."""
    variant = target.variant
    if variant is None or target.at("ScalableDimension").text != _INSTANCES or variant.at("ModelName").absent:
        return
    if target.at("MinCapacity").number == 0 and variant.config.at("AsyncInferenceConfig").absent:
        yield Problem(target.at("MinCapacity"), f"{variant.label} may scale to zero instances")


@rule(
    ScalableTarget,
    "autoscaling-wake-up",
    "What scales to zero has a policy that wakes it",
    why="tracking the backlog per instance wakes it late: the backlog must first pass the target",
    mend="Add a StepScaling policy on an alarm of HasBacklogWithoutCapacity.",
    source="async-scaling",
    severity="warning",
)
def autoscaling_wake_up(target: ScalableTarget) -> Iterator[Problem]:
    """Look for a step policy, where this template has policies of the target at all."""
    kinds = [policy.properties.at("PolicyType").text for policy in target.policies]
    asynchronous = target.variant is not None and target.variant.config.is_async
    if asynchronous and target.at("MinCapacity").number == 0 and kinds and set(kinds) == {"TargetTrackingScaling"}:
        yield Problem(target.at("MinCapacity"), "a variant scales to zero, and no step policy wakes it")


@rule(
    Endpoint,
    "autoscaling-reset",
    "With autoscaling, deployments keep the number of instances",
    why="without RetainAllVariantProperties every deployment sets the initial number again, whatever the load",
    mend="Set RetainAllVariantProperties, and do not exclude DesiredInstanceCount.",
    source="update",
    severity="warning",
)
def autoscaling_reset(endpoint: Endpoint) -> Iterator[Problem]:
    """Look for scaled instances that a deployment resets."""
    on_instances = [
        target for target in targets(endpoint) if target.at("ScalableDimension").text in (_INSTANCES, None)
    ]
    retain = endpoint.at("RetainAllVariantProperties")
    if on_instances and (retain.absent or retain.flag is False):
        yield Problem(retain, "a deployment resets the number of instances that autoscaling has set")
    elif on_instances and "DesiredInstanceCount" in _excluded(endpoint):
        yield Problem(
            endpoint.at("ExcludeRetainedVariantProperties"),
            "DesiredInstanceCount is excluded from what is retained",
        )


@rule(
    Endpoint,
    "retained-weight-and-capture",
    "Edited weights and capture take effect",
    why="RetainAllVariantProperties keeps weights and data capture, too, and ignores what the config says of them",
    mend="Name DesiredWeight and DataCaptureConfig in ExcludeRetainedVariantProperties.",
    source="update",
    severity="warning",
)
def retained_weight_and_capture(endpoint: Endpoint) -> Iterator[Problem]:
    """Look for weights between variants, or capture, that a deployment ignores."""
    config = endpoint.config
    excluded = endpoint.at("ExcludeRetainedVariantProperties")
    if not endpoint.at("RetainAllVariantProperties").flag or config is None or excluded.items is None:
        return
    if len(endpoint.variants) > 1 and "DesiredWeight" not in _excluded(endpoint):
        yield Problem(excluded, "the weights of the variants are retained")
    if config.at("DataCaptureConfig").present and "DataCaptureConfig" not in _excluded(endpoint):
        yield Problem(excluded, "the data capture of the deployed config is retained")


def _excluded(endpoint: Endpoint) -> set[str | None]:
    items = endpoint.at("ExcludeRetainedVariantProperties").items or ()
    return {item.at("VariantPropertyType").text for item in items}
