"""What CreateEndpointConfig refuses of members that do not go together.

API_CreateEndpointConfig, API_ProductionVariant; Developer Guide, "Serverless endpoint operations" (feature
exclusions), "Shadow variants", "Asynchronous inference".
"""

from __future__ import annotations

from local_aws.api_error import ApiError, validation_error
from local_aws.sagemaker.resources import Record, ResourceStore

_NOT_IMPLEMENTED = ("ExplainerConfig", "MetricsConfig")
_NOT_IMPLEMENTED_OF_A_VARIANT = ("InstancePools", "ManagedInstanceScaling", "CapacityReservationConfig")


def refuse_config(config: Record, models: ResourceStore) -> None:
    """Refuse an endpoint config.

    Parameters
    ----------
    models
        Where its models are.

    Raises
    ------
    ApiError
        With the variant or member that is wrong; by name for what the local AWS does not implement.
    """
    production, shadows = config["ProductionVariants"], config.get("ShadowProductionVariants", [])
    for member in _NOT_IMPLEMENTED:
        if member in config:
            raise _not_implemented(member)
    names = [variant["VariantName"] for variant in (*production, *shadows)]
    if len(set(names)) != len(names):
        raise validation_error(f"Variant names must be unique within an endpoint config: {', '.join(names)}")
    for variant in (*production, *shadows):
        _refuse_variant(variant)
        model = models.get(variant["ModelName"])
        if "ServerlessConfig" in variant:
            _refuse_serverless(variant, model)
    if any("ServerlessConfig" in variant for variant in (*production, *shadows)):
        _refuse_beside_serverless(config)
    if shadows and (len(production), len(shadows)) != (1, 1):
        raise validation_error(
            "With ShadowProductionVariants an endpoint config has one variant in ProductionVariants and one in"
            " ShadowProductionVariants."
        )
    if "AsyncInferenceConfig" in config:
        _refuse_asynchronous(config)


def _refuse_variant(variant: Record) -> None:
    name = variant["VariantName"]
    for member in _NOT_IMPLEMENTED_OF_A_VARIANT:
        if member in variant:
            raise _not_implemented(f"{member} of a variant")
    if "ModelName" not in variant:
        raise _not_implemented("variants without a ModelName (inference components)")
    serverless, instances = "ServerlessConfig" in variant, "InstanceType" in variant
    if serverless == instances:
        raise validation_error(
            f"Variant {name} needs either a ServerlessConfig or an InstanceType,"
            f" and has {'both' if serverless else 'neither'}."
        )
    if instances and "InitialInstanceCount" not in variant:
        raise validation_error(f"Variant {name} needs an InitialInstanceCount.")


def _refuse_serverless(variant: Record, model: Record) -> None:
    serverless, name = variant["ServerlessConfig"], variant["VariantName"]
    if serverless.get("ProvisionedConcurrency", 0) > serverless["MaxConcurrency"]:
        raise validation_error(f"ProvisionedConcurrency of variant {name} must not be larger than MaxConcurrency.")
    if model.get("VpcConfig"):
        raise validation_error(f"Serverless variant {name} does not support a model with a VpcConfig.")
    if model.get("EnableNetworkIsolation"):
        raise validation_error(f"Serverless variant {name} does not support a model with network isolation.")


def _refuse_beside_serverless(config: Record) -> None:
    if len(config["ProductionVariants"]) > 1:
        raise validation_error("Serverless endpoints do not support several production variants.")
    for member in ("AsyncInferenceConfig", "ShadowProductionVariants", "VpcConfig"):
        if config.get(member):
            raise validation_error(f"{member} is not supported for serverless endpoints.")
    capture = config.get("DataCaptureConfig")
    if capture and capture.get("EnableCapture", True):
        raise validation_error("DataCaptureConfig is not supported for serverless endpoints.")


def _refuse_asynchronous(config: Record) -> None:
    if config.get("ShadowProductionVariants"):
        raise validation_error("ShadowProductionVariants are not supported for asynchronous endpoints.")
    output = config["AsyncInferenceConfig"]["OutputConfig"]
    if not output.get("S3OutputPath"):
        raise validation_error("AsyncInferenceConfig needs an S3OutputPath in its OutputConfig.")


def _not_implemented(what: str) -> ApiError:
    return ApiError("UnsupportedOperation", f"The local AWS does not implement {what}")
