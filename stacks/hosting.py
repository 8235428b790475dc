"""From `hosting` settings to the production variant of an endpoint config."""

from aws_cdk import aws_sagemaker as sagemaker

from stacks.instance_types import has_gpu, inference_ami_version
from stacks.settings import Hosting, ServerlessHosting

# SageMaker's own default; UpdateEndpoint's deployment guardrails want it the same in every config of an endpoint.
VARIANT_NAME = "AllTraffic"


def production_variant(hosting: Hosting, model_name: str) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
    """Write the one variant of an endpoint (SageMaker API, ProductionVariant).

    No volume size is set: instances with local NVMe disks, which most GPU instances are, refuse one.

    Parameters
    ----------
    hosting
        The endpoint's settings.
    model_name
        Of the SageMaker model.
    """
    if isinstance(hosting, ServerlessHosting):
        return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=VARIANT_NAME,
            model_name=model_name,
            initial_variant_weight=1,
            serverless_config=sagemaker.CfnEndpointConfig.ServerlessConfigProperty(
                memory_size_in_mb=hosting.memory_size_in_mb, max_concurrency=hosting.max_concurrency
            ),
        )
    ami = hosting.inference_ami_version
    if ami is None and has_gpu(hosting.instance_type):
        ami = inference_ami_version(hosting.instance_type)
    return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
        variant_name=VARIANT_NAME,
        model_name=model_name,
        initial_variant_weight=1,
        instance_type=hosting.instance_type,
        initial_instance_count=hosting.initial_instance_count,
        inference_ami_version=ami,
    )
