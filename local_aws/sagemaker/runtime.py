"""InvokeEndpoint: the path from a caller to the container, with the limits and errors of SageMaker's front.

An ASGI middleware, since a service handler of ministack has its Content-Type rewritten.
"""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import unquote

from local_aws import ministack_seam as seam
from local_aws.api_error import ApiError
from local_aws.sagemaker.asgi import Answer, App, Incoming, again, error_answer, read_body, send_answer
from local_aws.sagemaker.forwarding import forward
from local_aws.sagemaker.metrics import InvocationMetrics
from local_aws.sagemaker.traffic import RunningVariants, choose
from local_aws.sagemaker.variant import REAL_TIME_PAYLOAD, NoLongerServing, RunningVariant

_PATH = re.compile(r"^/endpoints/([^/]+)/(invocations|async-invocations|invocations-response-stream)$")
_ASYNC = "async-invocations"
_OPERATIONS = {
    _ASYNC: "InvokeEndpointAsync",
    "invocations-response-stream": "InvokeEndpointWithResponseStream",
}
_NOT_IMPLEMENTED = {
    "x-amzn-sagemaker-target-model": "TargetModel (multi-model endpoints)",
    "x-amzn-sagemaker-target-container-hostname": "TargetContainerHostname (multi-container endpoints)",
    "x-amzn-sagemaker-inference-component": "InferenceComponentName",
    "x-amzn-sagemaker-enable-explanations": "EnableExplanations",
    "x-amzn-sagemaker-session-id": "SessionId (stateful sessions)",
}
_TARGET_VARIANT = "x-amzn-sagemaker-target-variant"
_INFERENCE_ID = "x-amzn-sagemaker-inference-id"
_LARGEST_INLINE = 128_000  # bytes; AsyncBodyBlob of the sagemaker-runtime API model


class AsyncInvocations(Protocol):
    """What takes requests of InvokeEndpointAsync."""

    def submit(self, endpoint_name: str, headers: dict[str, str], body: bytes) -> Answer:
        """Queue a request, and answer where its outcome will be."""


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
    asynchronous
        What takes asynchronous requests.
    """

    def __init__(
        self,
        app: App,
        endpoints: RunningVariants,
        metrics: InvocationMetrics,
        require_permission: Callable[..., None] | None = None,
        asynchronous: AsyncInvocations | None = None,
    ) -> None:
        self._app = app
        self._endpoints = endpoints
        self._metrics = metrics
        self._require_permission = require_permission
        self._asynchronous = asynchronous

    async def __call__(self, scope: dict[str, Any], receive: App, send: App) -> None:
        """Answer an invocation, or pass the request on."""
        match = _PATH.match(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if match is None:
            await self._app(scope, receive, send)
            return
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        seam.enter_request_scope(headers)
        name, kind = unquote(match[1]), match[2]
        incoming = receive = Incoming(receive)
        try:
            if self._require_permission:
                body = await read_body(receive, REAL_TIME_PAYLOAD)
                self._require_permission(scope, headers, body, _OPERATIONS.get(kind, "InvokeEndpoint"), name)
                receive = again(body)
            answer = await self._invoke(name, kind, headers, receive)
        except ApiError as error:
            answer = error_answer(error)
        await incoming.drain()
        await send_answer(send, answer)

    async def _invoke(self, endpoint_name: str, kind: str, headers: dict[str, str], receive: App) -> Answer:
        if kind in _OPERATIONS and (kind != _ASYNC or self._asynchronous is None):
            raise ApiError(
                "ValidationError", f"The local AWS does not implement sagemaker-runtime:{_OPERATIONS[kind]}"
            )
        for header, feature in _NOT_IMPLEMENTED.items():
            if header in headers:
                raise ApiError("ValidationError", f"The local AWS does not implement {feature}")
        received = time.perf_counter()
        variant = choose(self._endpoints, endpoint_name, headers.get(_TARGET_VARIANT))
        _refuse_other_kind(variant, endpoint_name, asynchronous=kind == _ASYNC)
        if kind == _ASYNC and self._asynchronous:
            body = await read_body(receive, _LARGEST_INLINE)
            submitted: Answer = await seam.run_reentrant(
                self._asynchronous.submit, variant.endpoint_name, headers, body
            )
            return submitted
        body = await read_body(receive, variant.largest_payload)
        while True:
            try:
                answer = await self._send(variant, headers, body, received)
            except NoLongerServing:
                variant = choose(self._endpoints, endpoint_name, headers.get(_TARGET_VARIANT))
            else:
                return answer

    async def _send(
        self, variant: RunningVariant, headers: dict[str, str], body: bytes, received: float
    ) -> Answer:
        with (
            variant.request(),
            self._metrics.invocation(variant.endpoint_name, variant.name, received) as timed,
        ):
            timed.instances = variant.instance_count
            for mirror in variant.mirrors:
                mirror.copy(variant.weight, functools.partial(self._send_copy, headers=headers, body=body))
            # A thread of its own: a slow endpoint shall hold up nothing that waits for a pool's.
            answer: Answer = await seam.run_reentrant(timed.time_model, forward, variant, headers, body)
            if variant.capture:
                variant.capture.add(headers, body, answer, headers.get(_INFERENCE_ID))
        return answer

    def _send_copy(self, shadow: RunningVariant, headers: dict[str, str], body: bytes) -> None:
        with (
            shadow.request(),
            self._metrics.invocation(shadow.endpoint_name, shadow.name, time.perf_counter()) as timed,
        ):
            timed.instances = shadow.instance_count
            timed.time_model(forward, shadow, headers, body)


def _refuse_other_kind(variant: RunningVariant, endpoint_name: str, *, asynchronous: bool) -> None:
    """Refuse an invocation that is not of the endpoint's kind (API_runtime_InvokeEndpointAsync)."""
    if variant.asynchronous and not asynchronous:
        raise ApiError(
            "ValidationError",
            f"Endpoint {endpoint_name} is an asynchronous endpoint and does not support InvokeEndpoint. Use"
            " InvokeEndpointAsync.",
        )
    if asynchronous and not variant.asynchronous:
        raise ApiError(
            "ValidationError",
            f"Endpoint {endpoint_name} is not an asynchronous endpoint and does not support InvokeEndpointAsync.",
        )
