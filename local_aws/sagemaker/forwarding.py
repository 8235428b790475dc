"""Sends a request to the container of a variant, and reads what it answers."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import IO

import urllib3

from local_aws.sagemaker.asgi import Answer
from local_aws.sagemaker.model_error import ModelError
from local_aws.sagemaker.variant import RunningVariant

INVOKED_VARIANT = "x-amzn-invoked-production-variant"
INVOCATION_TIMEOUT = 60.0  # seconds; API_runtime_InvokeEndpoint
_CUSTOM_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
_FORWARDED = re.compile(r"^(content-type|content-length|accept|x-amzn-sagemaker-.*)$")
_CHUNK = 64 * 1024
_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the latency"
    " metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
)


def forward(
    variant: RunningVariant,
    headers: Mapping[str, str],
    body: bytes | IO[bytes],
    *,
    timeout: float | None = None,
    largest_answer: int | None = None,
) -> Answer:
    """Send a request to the container and translate its answer; blocks.

    Parameters
    ----------
    headers
        Of the request, with names in lower case; those that SageMaker passes on reach the container.
    timeout
        Seconds, by default those of InvokeEndpoint.
    largest_answer
        Bytes that the answer may have, None for the variant's payload.

    Raises
    ------
    ModelError
        For anything but success.
    """
    timeout = INVOCATION_TIMEOUT if timeout is None else timeout
    deadline = time.monotonic() + timeout
    forwarded = {key: value for key, value in headers.items() if _FORWARDED.match(key)}
    if isinstance(body, bytes):
        forwarded.pop("content-length", None)
    try:
        answer = variant.pool.request(
            "POST",
            f"{variant.container.url}/invocations",
            body=body,
            headers=forwarded,
            timeout=timeout,
            preload_content=False,
        )
        data = _read_answer(answer, deadline)
    except (urllib3.exceptions.ReadTimeoutError, TimeoutError) as error:
        raise ModelError(variant.endpoint_name, 0, _TIMED_OUT) from error
    except urllib3.exceptions.HTTPError as error:
        message = "The container ended the connection before it answered; its last output is in the log group."
        raise ModelError(variant.endpoint_name, HTTPStatus.SERVICE_UNAVAILABLE, message) from error
    if not 200 <= answer.status < 300:  # noqa: PLR2004
        raise ModelError(variant.endpoint_name, answer.status, data.decode(errors="replace"))
    largest = variant.largest_payload if largest_answer is None else largest_answer
    if len(data) > largest:
        limit = f"The response of {len(data)} bytes is over the limit of {largest} bytes."
        raise ModelError(variant.endpoint_name, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, limit)
    passed_back = {
        "content-type": answer.headers.get("content-type", "application/octet-stream"),
        INVOKED_VARIANT: variant.name,
    }
    if attributes := answer.headers.get(_CUSTOM_ATTRIBUTES):
        passed_back[_CUSTOM_ATTRIBUTES] = attributes
    return Answer(HTTPStatus.OK, passed_back, data)


def _read_answer(answer: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """Read the whole body; the time-out of urllib3 is one for each part of it."""
    data = bytearray()
    for part in answer.stream(_CHUNK):
        data += part
        if time.monotonic() > deadline:
            answer.close()  # what is still to come belongs to no later request
            raise TimeoutError
    answer.release_conn()
    return bytes(data)
