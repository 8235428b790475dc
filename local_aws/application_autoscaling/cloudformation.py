"""The CloudFormation types AWS::ApplicationAutoScaling::ScalableTarget and ::ScalingPolicy.

``Ref`` of a target is ``ResourceId|ScalableDimension|ServiceNamespace``, of a policy its ARN (CloudFormation
Template Reference, "Return values").
"""

from __future__ import annotations

from typing import Any

from local_aws import ministack_seam as seam
from local_aws.application_autoscaling.control_plane import ApplicationAutoScaling

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]
_TARGET = ("ResourceId", "ScalableDimension", "ServiceNamespace")


def register(service: ApplicationAutoScaling) -> None:
    """Make both types known to CloudFormation."""
    seam.register_resource_type(_scalable_target(service))
    seam.register_resource_type(_scaling_policy(service))


def _scalable_target(service: ApplicationAutoScaling) -> seam.ResourceType:
    def put(properties: Properties) -> Created:
        if properties.get("ScheduledActions"):
            raise ValueError("The local AWS does not implement ScheduledActions of a scalable target")
        request = service.api_model.request_from_properties("RegisterScalableTarget", properties)
        # CloudFormation has a list of tags where the API has a map.
        request["Tags"] = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        service.call("RegisterScalableTarget", request)
        physical_id = "|".join(properties[member] for member in _TARGET)
        return physical_id, {"Id": physical_id}

    def delete(physical_id: str, _properties: Properties) -> None:
        target = dict(zip(_TARGET, physical_id.split("|"), strict=True))
        described = {"ServiceNamespace": target["ServiceNamespace"], "ResourceIds": [target["ResourceId"]]}
        if service.call("DescribeScalableTargets", described)["ScalableTargets"]:
            service.call("DeregisterScalableTarget", target)

    return seam.ResourceType(
        name="AWS::ApplicationAutoScaling::ScalableTarget",
        create=lambda _logical_id, properties, _stack_name: put(properties),
        update=lambda _physical_id, _old, new: put(new),
        delete=delete,
        replacing=_TARGET,
    )


def _scaling_policy(service: ApplicationAutoScaling) -> seam.ResourceType:
    def put(properties: Properties) -> Created:
        members = {**properties, **_target_of(properties)}
        request = service.api_model.request_from_properties("PutScalingPolicy", members)
        arn = service.call("PutScalingPolicy", request)["PolicyARN"]
        return arn, {"Arn": arn, "PolicyName": properties["PolicyName"]}

    def delete(arn: str, properties: Properties) -> None:
        target = _target_of(properties)
        described = {
            "ServiceNamespace": target["ServiceNamespace"],
            "ResourceId": target["ResourceId"],
            "PolicyNames": [properties["PolicyName"]],
        }
        if any(
            p["PolicyARN"] == arn for p in service.call("DescribeScalingPolicies", described)["ScalingPolicies"]
        ):
            service.call("DeleteScalingPolicy", {**target, "PolicyName": properties["PolicyName"]})

    return seam.ResourceType(
        name="AWS::ApplicationAutoScaling::ScalingPolicy",
        create=lambda _logical_id, properties, _stack_name: put(properties),
        update=lambda _physical_id, _old, new: put(new),
        delete=delete,
        replacing=("PolicyName", "ResourceId", "ScalableDimension", "ScalingTargetId", "ServiceNamespace"),
    )


def _target_of(properties: Properties) -> dict[str, str]:
    """Return the target a policy belongs to, which a template names by its id or by the three members."""
    if target_id := properties.get("ScalingTargetId"):
        return dict(zip(_TARGET, target_id.split("|"), strict=True))
    return {member: properties[member] for member in _TARGET}
