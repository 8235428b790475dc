"""Data capture: what an endpoint writes to S3 of its requests and answers, and how long that stays there."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker

from stacks.place import place_of
from stacks.settings.data_capture import DataCapture

_DAYS_OF_OLD_VERSIONS = 1

# Without them SageMaker writes Base64 (SageMaker API, CaptureContentTypeHeader).
_READABLE = sagemaker.CfnEndpointConfig.CaptureContentTypeHeaderProperty(
    csv_content_types=["text/csv"], json_content_types=["application/json"]
)


def data_capture_config(
    capture: DataCapture, *, bucket: str, endpoint: str, key_arn: str | None
) -> sagemaker.CfnEndpointConfig.DataCaptureConfigProperty:
    """Write the `DataCaptureConfig` of an endpoint config.

    Parameters
    ----------
    capture
        The settings.
    bucket
        The artifact bucket's name.
    endpoint
        The endpoint's name in the settings.
    key_arn
        Of the KMS key that encrypts what is captured; None for the bucket's own encryption.
    """
    modes = [mode for mode, wanted in (("Input", capture.input), ("Output", capture.output)) if wanted]
    return sagemaker.CfnEndpointConfig.DataCaptureConfigProperty(
        enable_capture=True,
        initial_sampling_percentage=capture.initial_sampling_percentage,
        destination_s3_uri=f"s3://{bucket}/{capture.key_prefix(endpoint)}",
        capture_options=[sagemaker.CfnEndpointConfig.CaptureOptionProperty(capture_mode=mode) for mode in modes],
        capture_content_type_header=_READABLE,
        kms_key_id=key_arn,
    )


def capture_statement(
    stack: cdk.Stack, capture: DataCapture, *, bucket: str, endpoint: str
) -> iam.PolicyStatement:
    """Let the role write captures, under their prefix and nowhere else.

    Parameters
    ----------
    stack
        Of the endpoint.
    capture, bucket, endpoint
        As of `data_capture_config`.

    Notes
    -----
    Source: Amazon SageMaker AI Developer Guide, "Data capture".
    """
    return iam.PolicyStatement(
        sid="WriteCaptures",
        actions=["s3:PutObject"],
        resources=[place_of(stack).s3_arn(f"{bucket}/{capture.key_prefix(endpoint)}*")],
    )


def capture_lifecycle_rule(capture: DataCapture, endpoint: str) -> s3.LifecycleRule:
    """Have the bucket delete captures after the days that the settings give them.

    Parameters
    ----------
    capture, endpoint
        As of `data_capture_config`.
    """
    return s3.LifecycleRule(
        id=f"captures-of-{endpoint}",
        prefix=capture.key_prefix(endpoint),
        expiration=cdk.Duration.days(capture.expiration_in_days),
        noncurrent_version_expiration=cdk.Duration.days(_DAYS_OF_OLD_VERSIONS),
    )
