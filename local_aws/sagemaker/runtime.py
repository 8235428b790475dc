"""InvokeEndpoint: the path from a caller to the container, with the limits and errors of SageMaker's front.

An ASGI middleware, since a service handler of ministack has its Content-Type rewritten.
"""

from __future__ import annotations

import json
import random
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import urllib3

from local_aws import ministack_seam as seam
from local_aws.api_error import ApiError
from local_aws.sagemaker.endpoints import Endpoints
from local_aws.sagemaker.metrics import InvocationMetrics
from local_aws.sagemaker.model_error import ModelError
from local_aws.sagemaker.variant import REAL_TIME_PAYLOAD, NoLongerServing, RunningVariant

_PATH = re.compile(r"^/endpoints/([^/]+)/(invocations|async-invocations|invocations-response-stream)$")
_OPERATIONS = {
    "async-invocations": "InvokeEndpointAsync",
    "invocations-response-stream": "InvokeEndpointWithResponseStream",
}
_NOT_IMPLEMENTED = {
    "x-amzn-sagemaker-target-model": "TargetModel (multi-model endpoints)",
    "x-amzn-sagemaker-target-container-hostname": "TargetContainerHostname (multi-container endpoints)",
    "x-amzn-sagemaker-inference-component": "InferenceComponentName",
    "x-amzn-sagemaker-enable-explanations": "EnableExplanations",
}
_TARGET_VARIANT = "x-amzn-sagemaker-target-variant"
_INVOKED_VARIANT = "x-amzn-invoked-production-variant"
_CUSTOM_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
_FORWARDED = re.compile(r"^(content-type|accept|x-amzn-sagemaker-.*)$")
_INVOCATION_TIMEOUT = 60.0  # seconds; API_runtime_InvokeEndpoint
_CHUNK = 64 * 1024
_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the latency"
    " metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
)
App = Callable[..., Any]


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class InvokeEndpoint:
    """The middleware.

    Parameters
    ----------
    app
        What answers every other request.
    endpoints
        The endpoints.
    metrics
        What counts invocations.
    require_permission
        Refuses who may not invoke, in strict mode: takes scope, headers, body, operation and endpoint name.
    """

    def __init__(
        self,
        app: App,
        endpoints: Endpoints,
        metrics: InvocationMetrics,
        require_permission: Callable[..., None] | None = None,
    ) -> None:
        self._app = app
        self._endpoints = endpoints
        self._metrics = metrics
        self._require_permission = require_permission

    async def __call__(self, scope: dict[str, Any], receive: App, send: App) -> None:
        """Answer an invocation, or pass the request on."""
        match = _PATH.match(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if match is None:
            await self._app(scope, receive, send)
            return
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        seam.enter_request_scope(headers)
        name, kind = unquote(match[1]), match[2]
        try:
            if self._require_permission:
                body = await _read_body(receive, REAL_TIME_PAYLOAD)
                self._require_permission(scope, headers, body, _OPERATIONS.get(kind, "InvokeEndpoint"), name)
                receive = _again(body)
            answer = await self._invoke(name, kind, headers, receive)
        except ApiError as error:
            answer = _error_answer(error)
        await _send(send, answer)

    async def _invoke(self, endpoint_name: str, kind: str, headers: dict[str, str], receive: App) -> _Answer:
        if kind in _OPERATIONS:
            raise ApiError(
                "ValidationError", f"The local AWS does not implement sagemaker-runtime:{_OPERATIONS[kind]}"
            )
        for header, feature in _NOT_IMPLEMENTED.items():
            if header in headers:
                raise ApiError("ValidationError", f"The local AWS does not implement {feature}")
        received = time.perf_counter()
        variant = self._choose(endpoint_name, headers.get(_TARGET_VARIANT))
        body = await _read_body(receive, variant.largest_payload)
        while True:
            try:
                with (
                    variant.request(),
                    self._metrics.invocation(variant.endpoint_name, variant.name, received) as timed,
                ):
                    # A thread of its own: a slow endpoint shall hold up nothing that waits for a pool's.
                    answer: _Answer = await seam.run_reentrant(timed.time_model, _forward, variant, headers, body)
            except NoLongerServing:
                variant = self._choose(endpoint_name, headers.get(_TARGET_VARIANT))
            else:
                return answer

    def _choose(self, endpoint_name: str, target: str | None) -> RunningVariant:
        """Return the variant for a request: the target variant, else one by weight.

        Raises
        ------
        ApiError
            When no endpoint or no variant of that name takes requests.
        """
        account = seam.account()
        variants = self._endpoints.running(account, seam.region(), endpoint_name)
        if not variants:
            raise ApiError("ValidationError", f"Endpoint {endpoint_name} of account {account} not found.")
        if target is not None:
            named = [variant for variant in variants if variant.name == target]
            if not named:
                raise ApiError("ValidationError", f"Variant {target} not found for Endpoint {endpoint_name}")
            return named[0]
        weights = [variant.weight for variant in variants]
        return random.choices(variants, weights if any(weights) else None)[0]  # noqa: S311


def _again(body: bytes) -> App:
    """Return what gives a body that was read before."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _read_body(receive: App, largest: int) -> bytes:
    body, size = bytearray(), 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ApiError("ValidationError", "The request ended before its body did")
        part = message.get("body", b"")
        size += len(part)
        if size <= largest:
            body += part
        if not message.get("more_body"):
            break
    if size > largest:
        raise ApiError(
            "ValidationError",
            "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have"
            f" length less than or equal to {largest}",
        )
    return bytes(body)


def _forward(variant: RunningVariant, headers: dict[str, str], body: bytes) -> _Answer:
    """Send the request to the container and translate its answer; runs on a thread."""
    deadline = time.monotonic() + _INVOCATION_TIMEOUT
    forwarded = {key: value for key, value in headers.items() if _FORWARDED.match(key)}
    try:
        answer = variant.pool.request(
            "POST",
            f"{variant.container.url}/invocations",
            body=body,
            headers=forwarded,
            timeout=_INVOCATION_TIMEOUT,
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
    if len(data) > variant.largest_payload:
        limit = f"The response of {len(data)} bytes is over the limit of {variant.largest_payload} bytes."
        raise ModelError(variant.endpoint_name, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, limit)
    passed_back = {
        "content-type": answer.headers.get("content-type", "application/octet-stream"),
        _INVOKED_VARIANT: variant.name,
    }
    if attributes := answer.headers.get(_CUSTOM_ATTRIBUTES):
        passed_back[_CUSTOM_ATTRIBUTES] = attributes
    return _Answer(HTTPStatus.OK, passed_back, data)


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


def _error_answer(error: ApiError) -> _Answer:
    members = error.members if isinstance(error, ModelError) else {}
    body = json.dumps({"Message": error.message, **members}).encode()
    return _Answer(error.status, {"content-type": "application/json", "x-amzn-errortype": error.code}, body)


async def _send(send: App, answer: _Answer) -> None:
    headers = {
        **answer.headers,
        "content-length": str(len(answer.body)),
        "x-amzn-requestid": str(uuid.uuid4()),
    }
    encoded = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()]
    await send({"type": "http.response.start", "status": int(answer.status), "headers": encoded})
    await send({"type": "http.response.body", "body": answer.body})
