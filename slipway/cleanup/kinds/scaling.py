"""Application Auto Scaling's targets and policies of SageMaker's variants."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.cleanup.finding import Clients
from slipway.cleanup.kinds.resource_kind import Pause, ResourceKind, pages
from slipway.cleanup.ownership import Resource
from stacks.names import Names

_SERVICE = "application-autoscaling"
_NAMESPACE = "sagemaker"


def _targets(clients: Clients, _names: Names) -> Iterator[Resource]:
    found = pages(clients(_SERVICE), "describe_scalable_targets", "ScalableTargets", ServiceNamespace=_NAMESPACE)
    for one in found:
        scaled, dimension = one["ResourceId"], one["ScalableDimension"]
        # As CloudFormation calls it (Template Reference, AWS::ApplicationAutoScaling::ScalableTarget).
        physical_id = f"{scaled}|{dimension}|{_NAMESPACE}"
        yield Resource("scaling target", f"{scaled} {dimension}", physical_id, says=scaled)


def _policies(clients: Clients, _names: Names) -> Iterator[Resource]:
    found = pages(clients(_SERVICE), "describe_scaling_policies", "ScalingPolicies", ServiceNamespace=_NAMESPACE)
    for one in found:
        name = f"{one['PolicyName']} {one['ScalableDimension']}"
        yield Resource("scaling policy", name, one["PolicyARN"], says=one["ResourceId"])


def _place(resource: Resource) -> dict[str, str]:
    dimension = resource.name.rpartition(" ")[2]
    return {"ServiceNamespace": _NAMESPACE, "ResourceId": resource.says, "ScalableDimension": dimension}


def _options(resource: Resource) -> str:
    place = _place(resource)
    return (
        f"--service-namespace {_NAMESPACE} --resource-id {place['ResourceId']} "
        f"--scalable-dimension {place['ScalableDimension']}"
    )


def _policy_name(resource: Resource) -> str:
    return resource.name.rpartition(" ")[0]


def _remove_target(clients: Clients, resource: Resource, _: Pause) -> None:
    clients(_SERVICE).deregister_scalable_target(**_place(resource))


def _remove_policy(clients: Clients, resource: Resource, _: Pause) -> None:
    clients(_SERVICE).delete_scaling_policy(PolicyName=_policy_name(resource), **_place(resource))


SCALING_TARGETS = ResourceKind(
    kind="scaling target",
    plural="scaling targets",
    listed=_targets,
    commands=lambda _, resource: (f"{_SERVICE} deregister-scalable-target {_options(resource)}",),
    remove=_remove_target,
)
SCALING_POLICIES = ResourceKind(
    kind="scaling policy",
    plural="scaling policies",
    listed=_policies,
    commands=lambda _, resource: (
        f"{_SERVICE} delete-scaling-policy --policy-name {_policy_name(resource)} {_options(resource)}",
    ),
    remove=_remove_policy,
)
