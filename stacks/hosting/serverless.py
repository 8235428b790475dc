"""A variant that SageMaker starts as requests come."""

from typing import Any

from aws_cdk import aws_sagemaker as sagemaker

from stacks.settings import ServerlessHosting


def serverless_properties(hosting: ServerlessHosting) -> dict[str, Any]:
    """Return the properties of a serverless variant (SageMaker API, ProductionVariantServerlessConfig)."""
    return {
        "serverless_config": sagemaker.CfnEndpointConfig.ServerlessConfigProperty(
            memory_size_in_mb=hosting.memory_size_in_mb,
            max_concurrency=hosting.max_concurrency,
            provisioned_concurrency=hosting.provisioned_concurrency,
        )
    }
