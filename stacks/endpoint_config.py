"""The EndpointConfig of an endpoint: its variants, and what goes for all of them."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.data_capture import data_capture_config
from stacks.encryption import EndpointKeys
from stacks.hosting.hosted_endpoint import HostedEndpoint
from stacks.names import Names
from stacks.settings import EndpointSettings


def add_endpoint_config(
    scope: Construct,
    *,
    names: Names,
    endpoint: str,
    settings: EndpointSettings,
    models: Mapping[str, sagemaker.CfnModel],
    hosted: HostedEndpoint[Any],
    keys: EndpointKeys,
) -> sagemaker.CfnEndpointConfig:
    """Make `EndpointConfig` in `scope`.

    Parameters
    ----------
    scope
        The stack.
    names
        Of the environment.
    endpoint
        The endpoint's name in the settings.
    settings
        Of the endpoint.
    models
        The Model of each variant, by the variant's name.
    hosted
        What its way to host says of the variants, and adds beside them.
    keys
        The endpoint's KMS keys.
    """
    variants = {
        variant.name: sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=variant.name,
            model_name=models[variant.name].attr_model_name,
            initial_variant_weight=variant.weight,
            **hosted.variant_properties(variant.hosting, variant.container),
        )
        for variant in settings.all_variants
    }
    shadows = [variants[variant.name] for variant in settings.all_variants if variant.is_shadow]
    capture = settings.data_capture
    return sagemaker.CfnEndpointConfig(
        scope,
        "EndpointConfig",
        production_variants=[variants[variant.name] for variant in settings.production_variants],
        shadow_production_variants=shadows or None,
        data_capture_config=data_capture_config(
            capture, bucket=names.bucket, endpoint=endpoint, key_arn=keys.data_capture
        )
        if capture
        else None,
        kms_key_id=keys.volume,
        **hosted.config_properties(),
    )
