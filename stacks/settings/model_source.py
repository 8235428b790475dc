"""Where a variant's model comes from: a folder that is packed, or a tarball in S3."""

from typing import Annotated

from pydantic import AfterValidator, ValidationInfo


def _model(value: str, info: ValidationInfo) -> str:
    model_data = info.data.get("model_data", False)  # False where that is a mistake itself
    if not value and model_data is None:
        raise ValueError("is missing; name the model that is packed, or a tarball in S3 by model_data")
    if value and model_data:
        raise ValueError("stands beside model_data; remove one of the two")
    return value


def _model_of_endpoint(value: str, info: ValidationInfo) -> str:
    if not info.data.get("variants", True):  # True where they are a mistake themselves
        return _model(value, info)
    if value or info.data.get("model_data"):
        raise ValueError("stands beside variants, which have models of their own; remove it here")
    return value


ModelName = Annotated[str, AfterValidator(_model)]
"""A model that is packed; empty where `model_data` stands before it."""

EndpointModelName = Annotated[str, AfterValidator(_model_of_endpoint)]
"""A model that is packed; empty where `variants` or `model_data` stands before it."""
