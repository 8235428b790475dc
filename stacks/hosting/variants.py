"""From a variant of the settings to one of an endpoint config."""

from typing import Any

from aws_cdk import aws_sagemaker as sagemaker

from stacks.hosting.instances import instance_properties
from stacks.hosting.serverless import serverless_properties
from stacks.settings import ServerlessHosting, Variant


def production_variant(variant: Variant, model_name: str) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
    """Write a variant of an endpoint config, a shadow one too (SageMaker API, ProductionVariant).

    Parameters
    ----------
    variant
        Of the settings.
    model_name
        Of the SageMaker model.
    """
    hosting = variant.hosting
    properties: dict[str, Any]
    if isinstance(hosting, ServerlessHosting):
        properties = serverless_properties(hosting)
    else:
        properties = instance_properties(hosting, variant.container)
    return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
        variant_name=variant.name,
        model_name=model_name,
        initial_variant_weight=variant.weight,
        **properties,
    )
