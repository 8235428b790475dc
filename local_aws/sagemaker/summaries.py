"""How DescribeEndpoint shows variants and a deployment that goes on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from local_aws.sagemaker.deployment import Deployment
from local_aws.sagemaker.endpoint_records import GUARDRAILS
from local_aws.sagemaker.fleet import Fleet
from local_aws.sagemaker.resources import Record
from local_aws.sagemaker.variant import RunningVariant

_SHOWN = {
    "CreationTime",
    "EndpointArn",
    "EndpointConfigName",
    "EndpointName",
    "EndpointStatus",
    "FailureReason",
    GUARDRAILS,
    "LastModifiedTime",
}


def endpoint_description(record: Record, fleet: Fleet | None, deployment: Deployment | None) -> dict[str, Any]:
    """Return the answer of DescribeEndpoint.

    Parameters
    ----------
    fleet
        What takes its requests.
    deployment
        The change that goes on.
    """
    shown = {name: value for name, value in record.items() if name in _SHOWN and value is not None}
    if fleet:
        shown |= fleet_summary(fleet) | capture_summary(fleet.config)
        if "AsyncInferenceConfig" in fleet.config:
            shown["AsyncInferenceConfig"] = fleet.config["AsyncInferenceConfig"]
    if deployment and deployment.models and record["EndpointStatus"] in {"Creating", "Updating"}:
        shown["PendingDeploymentSummary"] = pending_summary(
            deployment.config, deployment.started, *deployment.stage
        )
    return shown


def variant_summary(variant: RunningVariant) -> dict[str, Any]:
    """Return the ``ProductionVariantSummary`` of a variant."""
    serverless = variant.shape.get("ServerlessConfig")
    counts = (
        {"CurrentInstanceCount": variant.instance_count, "DesiredInstanceCount": variant.desired_instance_count}
        if variant.instance_count is not None
        else {}
    )
    return {
        "VariantName": variant.name,
        "DeployedImages": [{"SpecifiedImage": variant.image, "ResolvedImage": variant.image}],
        "CurrentWeight": variant.weight,
        "DesiredWeight": variant.desired_weight,
        **counts,
        **({"CurrentServerlessConfig": serverless, "DesiredServerlessConfig": serverless} if serverless else {}),
    }


def fleet_summary(fleet: Fleet) -> dict[str, Any]:
    """Return the members of DescribeEndpoint about the variants that run."""
    return {
        "ProductionVariants": [variant_summary(each) for each in fleet.production],
        **(
            {"ShadowProductionVariants": [variant_summary(each) for each in fleet.shadows]}
            if fleet.shadows
            else {}
        ),
    }


def pending_summary(config: Record, started: float, status: str | None, since: float) -> dict[str, Any]:
    """Return the ``PendingDeploymentSummary`` of a deployment that goes on.

    Parameters
    ----------
    config
        The endpoint config that is being deployed.
    started, since
        When the deployment and its present stage began, seconds since the epoch.
    status
        The stage, a ``VariantStatus``; None before there is one.
    """
    stage = {"VariantStatus": [{"Status": status, "StartTime": since}]} if status else {}

    def pending(shapes: Iterable[Record]) -> list[dict[str, Any]]:
        return [{"VariantName": shape["VariantName"], **_wanted(shape), **stage} for shape in shapes]

    shadows = pending(config.get("ShadowProductionVariants", []))
    return {
        "EndpointConfigName": config["EndpointConfigName"],
        "StartTime": started,
        "ProductionVariants": pending(config["ProductionVariants"]),
        **({"ShadowProductionVariants": shadows} if shadows else {}),
    }


def capture_summary(config: Record) -> dict[str, Any]:
    """Return the ``DataCaptureConfigSummary`` of an endpoint config, in its member; nothing without capture."""
    capture = config.get("DataCaptureConfig")
    if capture is None:
        return {}
    enabled = capture.get("EnableCapture", True)
    return {
        "DataCaptureConfig": {
            "EnableCapture": enabled,
            "CaptureStatus": "Started" if enabled else "Stopped",
            "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
            "DestinationS3Uri": capture["DestinationS3Uri"],
            "KmsKeyId": capture.get("KmsKeyId", ""),
        }
    }


def _wanted(shape: Record) -> dict[str, Any]:
    members = {
        "DesiredWeight": shape.get("InitialVariantWeight", 1.0),
        "DesiredInstanceCount": shape.get("InitialInstanceCount"),
        "InstanceType": shape.get("InstanceType"),
        "DesiredServerlessConfig": shape.get("ServerlessConfig"),
    }
    return {name: value for name, value in members.items() if value is not None}
