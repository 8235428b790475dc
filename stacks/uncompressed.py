"""An uncompressed model: each file of its package as an object under a prefix that the package's digest names."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker

from stacks.place import place_of


def uncompressed_data_source(s3_uri: str) -> sagemaker.CfnModel.ModelDataSourceProperty:
    """Write the `ModelDataSource` of all objects under `s3_uri`, which ends with a slash.

    Source: SageMaker API, S3ModelDataSource.
    """
    return sagemaker.CfnModel.ModelDataSourceProperty(
        s3_data_source=sagemaker.CfnModel.S3DataSourceProperty(
            s3_uri=s3_uri, s3_data_type="S3Prefix", compression_type="None"
        )
    )


def list_statement(stack: cdk.Stack, *, bucket: str, prefix: str) -> iam.PolicyStatement:
    """Let the role list the objects under an endpoint's prefix, as SageMaker does to find a model's files.

    Parameters
    ----------
    stack
        Of the endpoint.
    bucket
        The artifact bucket's name.
    prefix
        Of everything that the endpoint keeps there.
    """
    return iam.PolicyStatement(
        sid="ListModel",
        actions=["s3:ListBucket"],
        resources=[place_of(stack).s3_arn(bucket)],
        conditions={"StringLike": {"s3:prefix": f"{prefix}*"}},
    )
