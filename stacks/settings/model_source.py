"""Where a variant's model comes from: a folder that is packed, or a tarball in S3."""

from typing import Annotated

from pydantic import AfterValidator, ValidationInfo


def _model(value: str, info: ValidationInfo) -> str:
    model_data = info.data.get("model_data", False)  # False where that is a mistake itself
    variants = info.data.get("variants")
    if variants:
        if value or model_data:
            raise ValueError("stands beside variants, which have models of their own; remove it here")
        return value
    if not value and model_data is None:
        raise ValueError("is missing; name the model that is packed, or a tarball in S3 by model_data")
    if value and model_data:
        raise ValueError("stands beside model_data; remove one of the two")
    return value


ModelName = Annotated[str, AfterValidator(_model)]
"""A model that is packed; empty where `model_data`, or `variants`, stands before it."""
