"""What UpdateEndpoint refuses of a change from one endpoint config to another."""

from __future__ import annotations

from typing import Protocol

from local_aws.api_error import validation_error
from local_aws.sagemaker.resources import Record
from local_aws.sagemaker.variant import RunningVariant


class ScaledVariants(Protocol):
    """What SageMaker asks of Application Auto Scaling."""

    def variants_of(self, endpoint_name: str) -> set[str]:
        """Return the names of the variants of an endpoint that are scalable targets."""

    def deregister_variants_of(self, endpoint_name: str) -> None:
        """Deregister every variant of an endpoint, with its policies."""


class NothingScales:
    """No variant is a scalable target."""

    def variants_of(self, endpoint_name: str) -> set[str]:  # noqa: ARG002
        """Return no variant."""
        return set()

    def deregister_variants_of(self, endpoint_name: str) -> None:
        """Do nothing."""


def refuse_change(endpoint: Record, before: Record | None, after: Record, scaling: ScaledVariants) -> None:
    """Refuse what UpdateEndpoint refuses.

    Parameters
    ----------
    endpoint
        The endpoint's record.
    before, after
        The endpoint config that it has, None when somebody deleted it, and the one that it shall get.
    scaling
        Knows which variants are scalable targets.

    Raises
    ------
    ApiError
        From instances to serverless (Developer Guide, "Serverless endpoint operations"); another instance type of
        a scalable target, or its end (Developer Guide, "Update endpoints that use auto scaling").
    """
    old, new = _variants(before), _variants(after)
    if _any_has(old, "InstanceType") and _any_has(new, "ServerlessConfig"):
        raise validation_error(
            f'Endpoint "{endpoint["EndpointArn"]}" has instance-based variants and cannot be updated to a'
            " serverless one. Create a new endpoint."
        )
    scaled = scaling.variants_of(endpoint["EndpointName"])
    if moved := sorted(name for name in scaled & old.keys() if not _stays(old[name], new.get(name))):
        named = ",".join(f'"{name}"' for name in moved)
        raise validation_error(
            f'The variant(s) "[{named}]" must be deregistered as scalable targets with AutoScaling before they can'
            " be removed or have their instance type updated."
        )


def _variants(config: Record | None) -> dict[str, Record]:
    return {variant["VariantName"]: variant for variant in (config or {}).get("ProductionVariants", [])}


def _any_has(variants: dict[str, Record], member: str) -> bool:
    return any(member in variant for variant in variants.values())


def _stays(old: Record, new: Record | None) -> bool:
    return new is not None and old.get("InstanceType") == new.get("InstanceType")


def refuse_capacity(record: Record, variant: RunningVariant | None, desired: Record) -> None:
    """Refuse what UpdateEndpointWeightsAndCapacities refuses for a variant.

    Parameters
    ----------
    record
        Of the endpoint.
    variant
        The variant that is named, None when there is none.
    desired
        A ``DesiredWeightAndCapacity``.

    Raises
    ------
    ApiError
        When there is no such variant, or it has no such property.
    """
    name = desired["VariantName"]
    if variant is None:
        raise validation_error(f'Could not find variant "{name}" of endpoint "{record["EndpointArn"]}".')
    if "ServerlessUpdateConfig" in desired and not variant.serverless:
        raise validation_error(f"Variant {name} is not serverless and has no ServerlessUpdateConfig.")
    count = desired.get("DesiredInstanceCount")
    if count is None:
        return
    if variant.serverless:
        raise validation_error(f"Variant {name} is serverless and has no DesiredInstanceCount.")
    if count == 0 and not variant.asynchronous:
        # Developer Guide, "Autoscale an asynchronous endpoint": of endpoints of models, these alone go to zero.
        raise validation_error(
            f"Variant {name} needs at least one instance: only asynchronous endpoints have none."
        )
