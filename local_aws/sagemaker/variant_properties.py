"""The properties of variants that live longer than an endpoint config: weights, instance counts, data capture.

UpdateEndpointWeightsAndCapacities changes them, and UpdateEndpoint keeps them on RetainAllVariantProperties, but
for those in ExcludeRetainedVariantProperties (API_UpdateEndpoint, API_VariantProperty).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_aws.sagemaker.resources import Record

MEMBER = "VariantProperties"
"""The member of an endpoint's record that holds what differs from its config."""
_OF_A_VARIANT = {"DesiredInstanceCount": "InitialInstanceCount", "DesiredWeight": "InitialVariantWeight"}
_CAPTURE = "DataCaptureConfig"
_SERVERLESS_UPDATE = "ServerlessUpdateConfig"


def effective(config: Record, differences: Mapping[str, Any]) -> Record:
    """Return an endpoint config with the properties that differ from it."""
    of_variants = differences.get("Variants", {})
    shapes = [_changed(shape, of_variants.get(shape["VariantName"], {})) for shape in config["ProductionVariants"]]
    changed = {**config, "ProductionVariants": shapes}
    if _CAPTURE in differences:
        changed.pop(_CAPTURE, None)
        if differences[_CAPTURE] is not None:
            changed[_CAPTURE] = differences[_CAPTURE]
    return changed


def _changed(shape: Record, differences: Record) -> Record:
    others = {name: value for name, value in differences.items() if name != _SERVERLESS_UPDATE}
    if update := differences.get(_SERVERLESS_UPDATE):
        others["ServerlessConfig"] = {**shape.get("ServerlessConfig", {}), **update}
    return {**shape, **others}


def retained(request: Record, now: Record | None, config: Record) -> Record:
    """Return what an update keeps of the properties that the endpoint has now.

    Parameters
    ----------
    request
        Of UpdateEndpoint.
    now
        The endpoint's present config with the properties that differ from it; None when there is none any more.
    config
        The endpoint config that it gets.
    """
    if not request.get("RetainAllVariantProperties") or now is None:
        return {}
    excluded = {each["VariantPropertyType"] for each in request.get("ExcludeRetainedVariantProperties", [])}
    kept = [member for name, member in _OF_A_VARIANT.items() if name not in excluded]
    present = {shape["VariantName"]: shape for shape in now["ProductionVariants"]}
    differences: Record = {"Variants": {}}
    for shape in config["ProductionVariants"]:
        before = present.get(shape["VariantName"])
        # Neither has serverless a count, nor what was serverless before.
        if before is None or ("InstanceType" in before) != ("InstanceType" in shape):
            continue
        present_values = {"InitialVariantWeight": 1.0, **before}  # the API's default
        differences["Variants"][shape["VariantName"]] = {m: present_values[m] for m in kept if m in present_values}
    if _CAPTURE not in excluded:
        differences[_CAPTURE] = now.get(_CAPTURE)
    return differences


def with_desired(differences: Mapping[str, Any], desired: Record) -> Record:
    """Return the differences after a ``DesiredWeightAndCapacity``."""
    changed = {member: desired[name] for name, member in _OF_A_VARIANT.items() if desired.get(name) is not None}
    if update := desired.get("ServerlessUpdateConfig"):
        changed[_SERVERLESS_UPDATE] = update
    variants = dict(differences.get("Variants", {}))
    variants[desired["VariantName"]] = {**variants.get(desired["VariantName"], {}), **changed}
    return {**differences, "Variants": variants}
