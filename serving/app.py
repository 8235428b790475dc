"""The ASGI application: `GET /ping` and `POST /invocations`."""

import asyncio
import functools
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from serving.core.errors import (
    BadRequest,
    ContentTooLargeError,
    MethodNotAllowedError,
    NotFoundError,
    RequestTimeoutError,
    UnavailableError,
)
from serving.core.logs import log_request
from serving.core.media_types import JSON
from serving.core.messages import Answer, Request, new_request_id
from serving.core.options import Options
from serving.core.refusals import refusal

COMPLETE = "serving.complete"
"""A key of the scope's `extensions`: the whole body has come, and `receive` gives it without waiting."""

_METHODS = {"/ping": "GET", "/invocations": "POST"}
_OWN_HEADERS = frozenset({"content-type", "content-length", "connection", "transfer-encoding"})
_REMEMBERED = 256  # header values: most answers have the same ones
_FLUSH = 0.005  # seconds until the lines of answered requests are written, all by one system call
_DISCARDED = 4  # times the largest body; as much is read of a body that is too large, so that its client listens

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Backend(Protocol):
    """Whatever answers requests, away from the event loop."""

    async def answer(self, request: Request) -> Answer:
        """Answer a request, or raise RequestError."""

    def is_ready(self) -> bool:
        """Whether a request could be answered now."""


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete."""


class App:
    """Speaks ASGI 3 on one side and to the model on the other.

    Parameters
    ----------
    backend
        Answers requests.
    options
        The limits, and what is logged.
    """

    def __init__(self, backend: Backend, options: Options) -> None:
        self._backend = backend
        self._options = options
        self._will_flush = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        began, size = time.perf_counter(), 0
        headers, request_id = _headers(scope), new_request_id()
        try:
            _check_route(scope["path"], scope["method"])
            if scope["path"] == "/ping":
                answer = self._ping()
            else:
                body = await self._body(scope, headers, receive)
                size = len(body)
                answer = await self._backend.answer(Request(body, headers, request_id))
        except ClientGoneError:
            return
        except asyncio.CancelledError:
            answer = refusal(
                UnavailableError("the server is stopping and did not finish this request"), request_id
            )
        except Exception as error:  # noqa: BLE001 - a bug of this server's must reach the client as JSON too
            answer = refusal(error, request_id)
        await _send(send, answer)
        if self._options.log_requests and scope["path"] == "/invocations":
            milliseconds = {**answer.milliseconds, "total": round((time.perf_counter() - began) * 1000, 3)}
            log_request(request_id, answer.status, size, len(answer.body), milliseconds)
            if not self._will_flush:
                # once for all requests that are answered meanwhile
                self._will_flush = True
                asyncio.get_running_loop().call_later(_FLUSH, self._flush)

    def _flush(self) -> None:
        self._will_flush = False
        sys.stdout.flush()

    def _ping(self) -> Answer:
        if not self._backend.is_ready():
            raise UnavailableError("no process holds the model now; one is starting")
        return Answer(b"", JSON)

    async def _body(self, scope: Message, headers: dict[str, str], receive: Receive) -> bytes:
        limit, largest = self._options.request_timeout, self._options.max_body_bytes
        if COMPLETE in scope.get("extensions", ()):
            return await _read_body(headers, receive, largest)  # nothing to wait for, so no timer
        try:
            async with asyncio.timeout(limit):
                return await _read_body(headers, receive, largest)
        except TimeoutError:
            raise RequestTimeoutError(f"the body did not come within {limit:g} s") from None


def _headers(scope: Message) -> dict[str, str]:
    """Return the headers; of one that stands more than once, the values in one (RFC 9110, 5.3)."""
    pairs = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
    headers = dict(pairs)
    if len(headers) == len(pairs):
        return headers
    headers = {}
    for name, value in pairs:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _check_route(path: str, method: str) -> None:
    if path not in _METHODS:
        raise NotFoundError(f"{path} is unknown; there are GET /ping and POST /invocations")
    if method != _METHODS[path]:
        raise MethodNotAllowedError(f"{path} takes {_METHODS[path]}, not {method}", _METHODS[path])


async def _read_body(headers: dict[str, str], receive: Receive, largest: int) -> bytes:
    """Read the whole body, but not one that is too large."""
    declared = headers.get("content-length", "0")
    if not (declared.isascii() and declared.isdecimal()):
        raise BadRequest(f"Content-Length is {declared!r}, which is no number")
    size = 0
    chunks: list[bytes] = []
    if int(declared) > largest:
        if "expect" not in headers:
            await _discard(receive, largest)
        raise _too_large(largest)
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > largest:
            await _discard(receive, largest)
            raise _too_large(largest)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _discard(receive: Receive, largest: int) -> None:
    """Read on for a while: a client that is still sending when the connection closes never sees its answer."""
    size = 0
    while size < _DISCARDED * largest:
        message = await receive()
        size += len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return


def _too_large(largest: int) -> ContentTooLargeError:
    return ContentTooLargeError(f"the body has more than the {largest} bytes that this server takes")


async def _send(send: Send, answer: Answer) -> None:
    encoded = [(_clean(name), _clean(value)) for name, value in answer.headers.items() if name not in _OWN_HEADERS]
    encoded.append((b"content-type", _clean(answer.content_type)))
    encoded.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": answer.body})


@functools.lru_cache(maxsize=_REMEMBERED)
def _clean(text: str) -> bytes:
    """Return a header's name or value without line breaks, which would begin another header."""
    return " ".join(text.split()).encode("latin-1", "replace")
