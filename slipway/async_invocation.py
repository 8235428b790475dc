"""One request to an asynchronous endpoint: its body goes to S3, and its answer is waited for there."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from slipway.errors import CommandError
from slipway.invocation import Request, Response
from stacks.hosting.asynchronous.prefixes import async_prefix
from stacks.settings import AsyncHosting, EnvironmentSettings

_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0
"""Seconds between two looks for the answer; each is half as long again as the one before."""

# Who may not list a bucket hears 403 of an object that is not there (Amazon S3 API, GetObject).
_NOT_YET = {"NoSuchKey", "404", "AccessDenied", "403"}


def invoke_async(
    clients: Callable[[str], Any],
    settings: EnvironmentSettings,
    endpoint: str,
    name: str,
    request: Request,
    *,
    timeout: float,
) -> Response:
    """Send one request and wait for its answer (API_runtime_InvokeEndpointAsync).

    Parameters
    ----------
    clients
        Makes boto3 clients.
    settings
        Of the environment.
    endpoint
        The endpoint's name in the settings.
    name
        The SageMaker endpoint's name.
    request
        What is sent; no variant can be asked for.
    timeout
        How long to wait, in seconds.

    Raises
    ------
    CommandError
        When the model fails, or no answer comes in time.
    """
    if request.variant:
        raise CommandError("An asynchronous endpoint takes no --variant: SageMaker chooses by the weights")
    s3, runtime = clients("s3"), clients("sagemaker-runtime")
    bucket, key = settings.names.bucket, f"{_input_prefix(settings, endpoint)}{uuid.uuid4()}"
    s3.put_object(Bucket=bucket, Key=key, Body=request.body, ContentType=request.content_type)
    queued = runtime.invoke_endpoint_async(
        EndpointName=name,
        InputLocation=f"s3://{bucket}/{key}",
        ContentType=request.content_type,
        Accept=request.accept,
    )
    until = time.monotonic() + timeout
    pause = _FIRST_WAIT
    while True:
        if output := _object(s3, queued["OutputLocation"]):
            return Response(
                endpoint_name=name,
                variant=None,
                content_type=output.get("ContentType", request.accept),
                body=output["Body"].read(),
            )
        if failure := _object(s3, queued.get("FailureLocation")):
            told = failure["Body"].read().decode(errors="replace").rstrip()
            raise CommandError(f"{name} failed: {told}")
        if time.monotonic() >= until:
            raise CommandError(
                f"{name} has not answered within {timeout:g} s; the answer will be at {queued['OutputLocation']}"
            )
        time.sleep(min(pause, max(0.0, until - time.monotonic())))
        pause = min(pause * 1.5, _LONGEST_WAIT)


def _input_prefix(settings: EnvironmentSettings, endpoint: str) -> str:
    """Return where requests go; by default where the settings are already those of another way to host."""
    hosting = settings.endpoints[endpoint].hosting
    if isinstance(hosting, AsyncHosting):
        return hosting.key_prefix(endpoint, "input")
    return f"{async_prefix(endpoint, 'input')}/"


def _object(s3: Any, location: str | None) -> dict[str, Any] | None:
    """Return an object by its `s3://` location, None while it is not there."""
    if not location:
        return None
    bucket, _, key = location.removeprefix("s3://").partition("/")
    try:
        found: dict[str, Any] = s3.get_object(Bucket=bucket, Key=key)
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in _NOT_YET:
            raise
        return None
    return found
