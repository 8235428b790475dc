"""Application Auto Scaling's targets and policies of SageMaker's variants."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.cleanup.finding import Clients
from slipway.cleanup.kinds.one_operation import Deletion, deleted_at_once
from slipway.cleanup.kinds.resource_kind import pages
from slipway.cleanup.resource import Resource
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


def _policy(resource: Resource) -> dict[str, str]:
    return {"PolicyName": resource.name.rpartition(" ")[0], **_place(resource)}


SCALING_TARGETS = deleted_at_once(
    "scaling target", "scaling targets", _targets, Deletion(_SERVICE, "deregister_scalable_target", _place)
)
SCALING_POLICIES = deleted_at_once(
    "scaling policy", "scaling policies", _policies, Deletion(_SERVICE, "delete_scaling_policy", _policy)
)
