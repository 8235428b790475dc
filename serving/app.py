"""The ASGI application: `GET /ping` and `POST /invocations`."""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from serving.errors import (
    BadRequest,
    ContentTooLargeError,
    MethodNotAllowedError,
    NotFoundError,
    RequestError,
    UnavailableError,
)
from serving.logs import log_event
from serving.media_types import JSON
from serving.messages import Answer, Request
from serving.predictor import Predictor

MAX_BODY = 6_553_500
"""Bytes of a request's body, as much as the AWS PyTorch container takes (TorchServe's `max_request_size`)."""

_METHODS = {"/ping": "GET", "/invocations": "POST"}
_FIRST_SERVER_ERROR = 500

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete."""


class App:
    """Speaks ASGI 3 on one side and to the model on the other.

    Parameters
    ----------
    predictor
        Answers requests, away from the event loop.
    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        extra: list[tuple[bytes, bytes]] = []
        try:
            answer = await self._answer(scope, headers, receive)
            status = 200
        except ClientGoneError:
            return
        except asyncio.CancelledError:
            error = UnavailableError("the server is stopping and did not finish this request")
            status, answer = error.status, _refusal(error)
        except RequestError as error:
            status, answer = error.status, _refusal(error)
            if isinstance(error, MethodNotAllowedError):
                extra = [(b"allow", _METHODS[scope["path"]].encode())]
        except Exception as error:  # noqa: BLE001 - a bug of this server's must reach the client as JSON too
            wrapped = RequestError("the server failed; its log says why")
            wrapped.__cause__ = error
            status, answer = wrapped.status, _refusal(wrapped)
        await _send(send, status, answer, extra)

    async def _answer(self, scope: Message, headers: dict[str, str], receive: Receive) -> Answer:
        path, method = scope["path"], scope["method"]
        if path not in _METHODS:
            raise NotFoundError(f"{path} is unknown; there are GET /ping and POST /invocations")
        if method != _METHODS[path]:
            raise MethodNotAllowedError(f"{path} takes {_METHODS[path]}, not {method}")
        if path == "/ping":
            if not self._predictor.is_alive():
                raise UnavailableError("the thread of the model has ended")
            return Answer(b"", JSON)
        body = await _read_body(headers, receive)
        request = Request(body, headers.get("content-type"), headers.get("accept"), headers)
        return await asyncio.wrap_future(self._predictor.submit(request))


async def _read_body(headers: dict[str, str], receive: Receive) -> bytes:
    """Read the whole body, but not one that is too large."""
    declared = headers.get("content-length", "0")
    if not (declared.isascii() and declared.isdecimal()):
        raise BadRequest(f"Content-Length is {declared!r}, which is no number")
    _refuse_too_large(int(declared))
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        chunk = message.get("body", b"")
        size += len(chunk)
        _refuse_too_large(size)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _refuse_too_large(size: int) -> None:
    if size > MAX_BODY:
        raise ContentTooLargeError(f"the body has more than the {MAX_BODY} bytes that this server takes")


def _refusal(error: RequestError) -> Answer:
    """Log a refused request, with the traceback of the user's code where there is one, and return its answer."""
    request_id = uuid.uuid4().hex
    level = logging.ERROR if error.status >= _FIRST_SERVER_ERROR else logging.INFO
    log_event(
        "request_failed",
        level=level,
        cause=error.__cause__,
        request_id=request_id,
        status=error.status,
        reason=str(error),
    )
    return Answer(error.body(request_id), JSON)


async def _send(send: Send, status: int, answer: Answer, extra: list[tuple[bytes, bytes]]) -> None:
    length = str(len(answer.body)).encode()
    content_type = " ".join(answer.content_type.split()).encode("latin-1", "replace")
    headers = [(b"content-type", content_type), (b"content-length", length), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
