"""The CloudFormation types AWS::SageMaker::Model, ::EndpointConfig and ::Endpoint.

``Ref`` returns the ARN, which is the physical id (CloudFormation Template Reference, "Return values"). Every
property of Model and EndpointConfig but ``Tags`` replaces the resource; of an Endpoint only its name does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_aws import ministack_seam as seam
from local_aws.sagemaker.control_plane import SageMaker
from local_aws.sagemaker.endpoint_records import ROLLED_BACK
from local_aws.sagemaker.endpoints import Endpoints

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]
_LONGEST_NAME = 63
_MODEL = (
    "Containers",
    "EnableNetworkIsolation",
    "ExecutionRoleArn",
    "InferenceExecutionConfig",
    "ModelName",
    "PrimaryContainer",
    "VpcConfig",
)
_ENDPOINT_CONFIG = (
    "AsyncInferenceConfig",
    "DataCaptureConfig",
    "EnableNetworkIsolation",
    "EndpointConfigName",
    "ExecutionRoleArn",
    "ExplainerConfig",
    "KmsKeyId",
    "ProductionVariants",
    "ShadowProductionVariants",
    "VpcConfig",
)


def register(sagemaker: SageMaker, endpoints: Endpoints) -> None:
    """Make the three types known to CloudFormation."""
    for title, replacing in (("Model", _MODEL), ("EndpointConfig", _ENDPOINT_CONFIG)):
        seam.register_resource_type(_immutable_type(sagemaker, title, replacing))
    seam.register_resource_type(_endpoint_type(sagemaker, endpoints))


def _immutable_type(sagemaker: SageMaker, title: str, replacing: tuple[str, ...]) -> seam.ResourceType:
    return seam.ResourceType(
        name=f"AWS::SageMaker::{title}",
        create=_creator(sagemaker, title),
        update=lambda arn, old, new: _retag(sagemaker, title, arn, old, new),
        delete=lambda arn, _properties: _delete_if_there(sagemaker, title, arn),
        replacing=replacing,
    )


def _endpoint_type(sagemaker: SageMaker, endpoints: Endpoints) -> seam.ResourceType:
    create_only = _creator(sagemaker, "Endpoint")
    known = _known_properties(sagemaker, "Endpoint")

    def create(logical_id: str, properties: Properties, stack_name: str) -> Created:
        arn, attributes = create_only(logical_id, properties, stack_name)
        record = endpoints.wait_until_settled(_name(arn)) or {}
        if record.get("EndpointStatus") != "InService":
            # CloudFormation deletes what it failed to create; ministack knows of no resource yet.
            delete(arn, properties)
            raise RuntimeError(record.get("FailureReason", f"Endpoint {_name(arn)} was deleted."))
        return arn, attributes

    def update(arn: str, old: Properties, new: Properties) -> Created:
        keys = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)} - {"Tags"}
        _refuse_unknown(new, known)
        if keys:
            request = sagemaker.api_model.request_from_properties("UpdateEndpoint", new)
            sagemaker.call("UpdateEndpoint", {**request, "EndpointName": _name(arn)})
            record = endpoints.wait_until_settled(_name(arn)) or {}
            # CloudFormation takes InService for success, even after an alarm sent the requests back.
            if (reason := record.get("FailureReason")) and not record.get(ROLLED_BACK):
                raise RuntimeError(reason)
        return _retag(sagemaker, "Endpoint", arn, old, new)

    def delete(arn: str, _properties: Properties) -> None:
        endpoints.interrupt(_name(arn))
        endpoints.wait_until_settled(_name(arn))
        _delete_if_there(sagemaker, "Endpoint", arn)
        endpoints.wait_until_settled(_name(arn))

    return seam.ResourceType("AWS::SageMaker::Endpoint", create, update, delete, replacing=("EndpointName",))


def _creator(sagemaker: SageMaker, title: str) -> Callable[[str, Properties, str], Created]:
    known = _known_properties(sagemaker, title)

    def create(logical_id: str, properties: Properties, stack_name: str) -> Created:
        _refuse_unknown(properties, known)
        request = sagemaker.api_model.request_from_properties(f"Create{title}", properties)
        if f"{title}Name" not in request:
            request[f"{title}Name"] = seam.generated_name(stack_name, logical_id, _LONGEST_NAME)
            # A name that is made of the stack's can only be left over from an interrupted operation on it.
            _delete_if_there(sagemaker, title, sagemaker.arn(title, request[f"{title}Name"]))
        arn = sagemaker.call(f"Create{title}", request)[f"{title}Arn"]
        return arn, {f"{title}Name": request[f"{title}Name"]}

    return create


def _known_properties(sagemaker: SageMaker, title: str) -> set[str]:
    """Return the properties of a type, which are those of the requests that make and change it."""
    members: set[str] = set()
    for verb in ("Create", "Update"):
        operation = sagemaker.api_model.operation(f"{verb}{title}")
        members |= set(operation.input_shape.members) if operation else set()
    return members


def _refuse_unknown(properties: Properties, known: set[str]) -> None:
    unknown = sorted(properties.keys() - known)
    if unknown:
        raise ValueError(f"Encountered unsupported property {unknown[0]}")


def _retag(sagemaker: SageMaker, title: str, arn: str, old: Properties, new: Properties) -> Created:
    """Change the tags in place; everything else was done before."""
    gone = {tag["Key"] for tag in old.get("Tags", [])} - {tag["Key"] for tag in new.get("Tags", [])}
    if gone:
        sagemaker.call("DeleteTags", {"ResourceArn": arn, "TagKeys": sorted(gone)})
    if new.get("Tags"):
        sagemaker.call("AddTags", {"ResourceArn": arn, "Tags": new["Tags"]})
    described = sagemaker.call(f"Describe{title}", {f"{title}Name": _name(arn)})
    return arn, {f"{title}Name": described[f"{title}Name"]}


def _delete_if_there(sagemaker: SageMaker, title: str, arn: str) -> None:
    """Delete by ARN; a resource that somebody deleted before is as good as deleted."""
    if sagemaker.finds(arn):
        sagemaker.call(f"Delete{title}", {f"{title}Name": _name(arn)})


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]
