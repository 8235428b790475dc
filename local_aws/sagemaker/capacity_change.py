"""UpdateEndpointWeightsAndCapacities: other weights and instance counts for the variants that run."""

from __future__ import annotations

from local_aws.sagemaker.deployment import Deployment
from local_aws.sagemaker.fleet import Fleet
from local_aws.sagemaker.resources import Record
from local_aws.sagemaker.update_rules import refuse_capacity
from local_aws.sagemaker.variant_properties import MEMBER as VARIANT_PROPERTIES
from local_aws.sagemaker.variant_properties import effective, with_desired


def capacity_change(record: Record, fleet: Fleet | None, desired: list[Record]) -> Deployment:
    """Return the change of an endpoint, whose variants desire the new values from now on.

    Parameters
    ----------
    desired
        A ``DesiredWeightAndCapacity`` for each variant that changes.

    Raises
    ------
    ApiError
        For a variant that is not there or has no such property; nothing has changed then.
    """
    variants = {variant.name: variant for variant in fleet.production} if fleet else {}
    properties = record.get(VARIANT_PROPERTIES) or {}
    for each in desired:
        refuse_capacity(record, variants.get(each["VariantName"]), each)
        properties = with_desired(properties, each)
    for each in desired:
        variants[each["VariantName"]].desire(each)
    config = effective(fleet.config if fleet else {"ProductionVariants": []}, properties)
    if fleet:
        fleet.config = config
    return Deployment(record, config, {}, properties)
