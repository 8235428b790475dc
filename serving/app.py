"""The ASGI application: `GET /ping` and `POST /invocations`."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from serving.core.errors import (
    MethodNotAllowedError,
    ModelError,
    NotFoundError,
    RequestTimeoutError,
    UnavailableError,
)
from serving.core.logs import log_request
from serving.core.media_types import JSON
from serving.core.messages import Answer, Request, new_request_id
from serving.core.options import Options
from serving.core.refusals import refusal
from serving.headers import Headers, encode_headers, read_headers
from serving.request_body import ClientGoneError, Message, Receive, read_body

INVOCATIONS = b"/invocations"
"""The path of a prediction, as it stands in a request."""

_WITHOUT_BODY = frozenset({204, 304})  # RFC 9110, 6.4.1
_METHODS = {"/ping": "GET", "/invocations": "POST"}
_FLUSH = 0.005  # seconds until the lines of answered requests are written, all by one system call

Send = Callable[[Message], Awaitable[None]]
Deliver = Callable[[int, Headers, bytes], None]
"""Takes the status, the headers and the body of an answer."""


class Backend(Protocol):
    """Whatever answers requests, away from the event loop."""

    def answer(self, request: Request) -> Awaitable[Answer]:
        """Answer a request; it, or what it returns, raises RequestError."""

    def is_ready(self) -> bool:
        """Whether a request could be answered now."""


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
        self.largest_body = options.max_body_bytes
        """In bytes."""

    def answer_whole(self, headers: Headers, body: bytes, deliver: Deliver) -> asyncio.Future[Answer]:
        """Answer a prediction whose request came as a whole, without a task of its own.

        Parameters
        ----------
        headers
            As they came.
        body
            No larger than `largest_body`.
        deliver
            Called with what the client gets.

        Returns
        -------
        asyncio.Future
            To be cancelled when the server stops; the client is told.
        """
        began, request_id = time.perf_counter(), new_request_id()

        def finish(answered: asyncio.Future[Answer]) -> None:
            try:
                answer = answered.result()
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - as in __call__
                answer = _refused(error, request_id)
            answer, encoded = _encoded(answer, request_id)
            deliver(answer.status, encoded, answer.body)
            self._log(request_id, answer, len(body), began)

        try:
            request = Request(body, read_headers(headers), request_id)
            answered: asyncio.Future[Answer] = asyncio.ensure_future(self._backend.answer(request))
        except Exception as error:  # noqa: BLE001 - as in __call__
            answered = asyncio.get_running_loop().create_future()
            answered.set_exception(error)
        answered.add_done_callback(finish)
        return answered

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        began, size = time.perf_counter(), 0
        headers, request_id = read_headers(scope["headers"]), new_request_id()
        try:
            _check_route(scope["path"], scope["method"])
            if scope["path"] == "/ping":
                answer = self._ping()
            else:
                body = await self._body(headers, receive)
                size = len(body)
                answer = await self._backend.answer(Request(body, headers, request_id))
        except ClientGoneError:
            return
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - a bug must reach the client as JSON too
            answer = _refused(error, request_id)
        answer, encoded = _encoded(answer, request_id)
        await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
        await send({"type": "http.response.body", "body": answer.body})
        if scope["path"] == "/invocations":
            self._log(request_id, answer, size, began)

    def _log(self, request_id: str, answer: Answer, size: int, began: float) -> None:
        if not self._options.log_requests:
            return
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

    async def _body(self, headers: dict[str, str], receive: Receive) -> bytes:
        limit = self._options.request_timeout
        try:
            async with asyncio.timeout(limit):
                return await read_body(headers, receive, self.largest_body)
        except TimeoutError:
            raise RequestTimeoutError(f"the body did not come within {limit:g} s") from None


def _refused(error: BaseException, request_id: str) -> Answer:
    if isinstance(error, asyncio.CancelledError):
        error = UnavailableError("the server is stopping and did not finish this request")
    return refusal(error, request_id)


def _check_route(path: str, method: str) -> None:
    if path not in _METHODS:
        raise NotFoundError(f"{path} is unknown; there are GET /ping and POST /invocations")
    if method != _METHODS[path]:
        raise MethodNotAllowedError(f"{path} takes {_METHODS[path]}, not {method}", _METHODS[path])


def _encoded(answer: Answer, request_id: str) -> tuple[Answer, Headers]:
    """Return an answer with its headers as HTTP has them; in place of one that HTTP does not know, a refusal."""
    if answer.status in _WITHOUT_BODY and answer.body:
        answer = replace(answer, body=b"")  # its bytes would be taken for the next answer
    try:
        return answer, _headers(answer)
    except ValueError as error:
        answer = refusal(ModelError(str(error)), request_id)
        return answer, _headers(answer)


def _headers(answer: Answer) -> Headers:
    length = None if answer.status in _WITHOUT_BODY else len(answer.body)
    return encode_headers(answer.headers, answer.content_type, length)
