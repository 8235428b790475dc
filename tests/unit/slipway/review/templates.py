"""Stacks for the tests, as templates have them, and what a specification would say of their types."""

from pathlib import Path
from typing import Any

from slipway.review.assembly import Stack
from slipway.review.resource_spec import ResourceType

TYPES = {
    "AWS::S3::Bucket": ResourceType({"BucketName": "yes"}, stateful=True),
    "AWS::S3::BucketPolicy": ResourceType({"Bucket": "yes"}),
    "AWS::SageMaker::Model": ResourceType({"PrimaryContainer": "yes"}),
    "AWS::SageMaker::EndpointConfig": ResourceType({"ProductionVariants": "yes"}),
    "AWS::SageMaker::Endpoint": ResourceType({"EndpointName": "yes"}),
    "AWS::RDS::DBInstance": ResourceType({"Engine": "maybe"}, stateful=True),
}


def type_of(name: str) -> ResourceType:
    return TYPES.get(name, ResourceType())


def stack(name: str = "Slipway-prod-linear", **resources: dict[str, Any]) -> Stack:
    return Stack(name, Path(f"{name}.template.json"), {"Resources": resources})


def bucket(name: str, **attributes: str) -> dict[str, Any]:
    return {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}, **attributes}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def role(*statements: dict[str, Any]) -> dict[str, Any]:
    return resource(
        "AWS::IAM::Role", Policies=[{"PolicyName": "p", "PolicyDocument": {"Statement": [*statements]}}]
    )


def allow(action: Any, where: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": where, **more}
