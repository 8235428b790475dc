"""Between SageMaker's paths and Ray Serve's, with the answers of the adapter in AWS's container.

What that does, by its source (`scripts/docker/ray/sagemaker_serve.py` of aws/deep-learning-containers): POST
/invocations goes to Ray Serve's `/` with Content-Type, Accept and X-Amzn-SageMaker-*, of the answer come back the
status, the body, Content-Type and X-Amzn-SageMaker-*; GET /ping asks Ray Serve's /-/healthz.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import urllib3

TIMEOUT_VARIABLE = "RAYSERVE_BACKEND_TIMEOUT"
_DEFAULT_TIMEOUT = 300  # seconds
_PING_TIMEOUT = 5.0  # seconds
_CONNECTIONS = 100  # what AWS's HTTP client, httpx, opens at most
_JSON = "application/json"
_PASSED = "x-amzn-sagemaker-"
_METHODS = {"/ping": "GET", "/invocations": "POST"}

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete."""


@dataclass(frozen=True)
class _Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def backend_timeout(environment: Mapping[str, str]) -> int:
    """Return the seconds that Ray Serve may take for an answer.

    Raises
    ------
    ValueError
        RAYSERVE_BACKEND_TIMEOUT is no whole number above 0; AWS's container ends then, too.
    """
    value = environment.get(TIMEOUT_VARIABLE, str(_DEFAULT_TIMEOUT))
    if not value.strip().isdecimal() or int(value) <= 0:
        raise ValueError(f"{TIMEOUT_VARIABLE} is {value!r}; it has to be a whole number of seconds above 0")
    return int(value)


class Adapter:
    """An ASGI application.

    Parameters
    ----------
    backend
        Ray Serve's URL, without a path.
    timeout
        Seconds that it may take for an answer.
    """

    def __init__(self, backend: str, timeout: float) -> None:
        self._backend = backend
        self._timeout = timeout
        self._pool = urllib3.PoolManager(maxsize=_CONNECTIONS, retries=False)
        self._threads = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="adapter")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        try:
            answer = await self._answer(scope, receive)
        except ClientGoneError:
            return
        headers = {**answer.headers, "content-length": str(len(answer.body))}
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: Message, receive: Receive) -> _Answer:
        method = _METHODS.get(scope["path"])
        if method is None:
            return _problem(HTTPStatus.NOT_FOUND, "Not Found", key="detail")
        if method != scope["method"]:
            return _problem(HTTPStatus.METHOD_NOT_ALLOWED, "Method Not Allowed", key="detail")
        loop = asyncio.get_running_loop()
        if method == "GET":
            return await loop.run_in_executor(self._threads, self._ping)
        headers = _forwarded((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
        body = await _body(receive)
        return await loop.run_in_executor(self._threads, self._invoke, headers, body)

    def _ping(self) -> _Answer:
        try:
            healthy = self._ask("GET", "/-/healthz", timeout=_PING_TIMEOUT).status == HTTPStatus.OK
        except urllib3.exceptions.HTTPError:
            healthy = False
        status = HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE
        return _Answer(status, headers={"content-type": "text/plain; charset=utf-8"})

    def _invoke(self, headers: dict[str, str], body: bytes) -> _Answer:
        try:
            answer = self._ask("POST", "/", headers=headers, body=body, timeout=self._timeout)
        except (urllib3.exceptions.NewConnectionError, ConnectionRefusedError):
            return _problem(HTTPStatus.SERVICE_UNAVAILABLE, "Service unavailable")
        except urllib3.exceptions.TimeoutError:
            return _problem(HTTPStatus.GATEWAY_TIMEOUT, "Request timeout")
        except urllib3.exceptions.HTTPError as error:
            return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
        passed = {name.lower(): value for name, value in answer.headers.items() if _is_passed(name)}
        content_type = answer.headers.get("content-type") or headers["accept"]
        return _Answer(answer.status, answer.data, {**passed, "content-type": _as_text(content_type)})

    def _ask(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        return self._pool.request(method, f"{self._backend}{path}", **options)


def _forwarded(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    given = {name.lower(): value for name, value in headers}
    passed = {name: value for name, value in given.items() if _is_passed(name)}
    return {
        **passed,
        "content-type": given.get("content-type", _JSON),
        "accept": given.get("accept", _JSON),
    }


def _is_passed(name: str) -> bool:
    return name.lower().startswith(_PASSED)


def _as_text(content_type: str) -> str:
    """Add what Starlette adds to the media type of text."""
    if content_type.startswith("text/") and "charset=" not in content_type.lower():
        return f"{content_type}; charset=utf-8"
    return content_type


def _problem(status: HTTPStatus, text: str, key: str = "error") -> _Answer:
    return _Answer(status, json.dumps({key: text}).encode(), {"content-type": _JSON})


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
