"""What SageMaker says of the endpoint, and whether S3 has its model's data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slipway.explain.sources.reading import Reading
from slipway.invocation import current_endpoint_name
from stacks.settings import EnvironmentSettings

ENDPOINT = "SageMaker, DescribeEndpoint"
PARAMETER = "Systems Manager, GetParameter"
_NO_ENDPOINT = ("could not find", "not found")


@dataclass(frozen=True)
class LiveEndpoint:
    """An endpoint as SageMaker has it (SageMaker API, DescribeEndpoint).

    Parameters
    ----------
    status
        The `EndpointStatus`.
    failure_reason
        Of the last creation or update; None where SageMaker names none.
    config
        The endpoint config that it runs.
    variants
        The names of its production variants and shadow variants; none while it is made.
    rollback_alarms
        That its last deployment watched.
    began, changed
        When it was made, and when its status changed last.
    """

    status: str
    failure_reason: str | None
    config: str
    variants: tuple[str, ...]
    rollback_alarms: tuple[str, ...]
    began: datetime
    changed: datetime


def endpoint_name(
    reading: Reading, clients: Callable[[str], Any], settings: EnvironmentSettings, endpoint: str
) -> str:
    """Return the name that the endpoint has by its SSM parameter, or else that it gets by the settings."""
    from slipway.errors import CommandError  # noqa: PLC0415 (next to its use)

    planned = settings.names.endpoint(endpoint, settings.endpoints[endpoint].mode)

    def current() -> str:
        try:
            return current_endpoint_name(clients, settings, endpoint)
        except CommandError:  # not deployed, or not to its end
            return planned

    return reading.read(PARAMETER, current, planned)


def live_endpoint(reading: Reading, sagemaker: Any, name: str) -> LiveEndpoint | None:
    """Describe an endpoint; None where there is none."""
    described = reading.read(ENDPOINT, lambda: sagemaker.describe_endpoint(EndpointName=name), None, *_NO_ENDPOINT)
    if described is None:
        return None
    rollback = described.get("LastDeploymentConfig", {}).get("AutoRollbackConfiguration", {})
    shapes = [*described.get("ProductionVariants", []), *described.get("ShadowProductionVariants", [])]
    return LiveEndpoint(
        status=described["EndpointStatus"],
        failure_reason=described.get("FailureReason") or None,
        config=described["EndpointConfigName"],
        variants=tuple(shape["VariantName"] for shape in shapes),
        rollback_alarms=tuple(alarm["AlarmName"] for alarm in rollback.get("Alarms", [])),
        began=described["CreationTime"],
        changed=described["LastModifiedTime"],
    )


def is_in_s3(reading: Reading, s3: Any, url: str) -> bool | None:
    """Whether there is an object, or one under a prefix; None where S3 does not tell these credentials.

    Notes
    -----
    Source: Amazon S3 API, HeadObject: without `s3:ListBucket` a missing object is answered 403 as well.
    """
    bucket, _, key = url.removeprefix("s3://").partition("/")

    def look() -> bool:
        if key.endswith("/"):
            return bool(s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents"))
        s3.head_object(Bucket=bucket, Key=key)
        return True

    source = f"S3, {url}"
    found = reading.read(source, look, False, "404", "nosuch", "not found")
    return None if reading.is_refused(source) else found
