"""Requests and answers of the invocation API, as ASGI has them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.api_error import ApiError
from local_aws.sagemaker.model_error import ModelError

App = Callable[..., Any]


@dataclass(frozen=True)
class Answer:
    """What a caller gets."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def again(body: bytes) -> App:
    """Return what gives a body that was read before."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


class Incoming:
    """A request's `receive`, which knows whether the request is read to its end.

    Parameters
    ----------
    receive
        The server's.
    """

    def __init__(self, receive: App) -> None:
        self._receive = receive
        self._ended = False

    async def __call__(self) -> dict[str, Any]:
        """Return the next message."""
        message: dict[str, Any] = await self._receive()
        self._ended = not message.get("more_body")
        return message

    async def drain(self) -> None:
        """Read what is left: a server ends the connection of a request that was answered before it came whole."""
        while not self._ended:
            await self()


async def read_body(receive: App, largest: int) -> bytes:
    """Return the body of a request.

    Parameters
    ----------
    largest
        Bytes that it may have.

    Raises
    ------
    ApiError
        When it is larger, or ends before its time.
    """
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


def error_answer(error: ApiError) -> Answer:
    """Return an error as sagemaker-runtime answers it."""
    members = error.members if isinstance(error, ModelError) else {}
    body = json.dumps({"Message": error.message, **members}).encode()
    return Answer(error.status, {"content-type": "application/json", "x-amzn-errortype": error.code}, body)


async def send_answer(send: App, answer: Answer) -> None:
    """Answer a request."""
    headers = {
        **answer.headers,
        "content-length": str(len(answer.body)),
        "x-amzn-requestid": str(uuid.uuid4()),
    }
    encoded = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()]
    await send({"type": "http.response.start", "status": int(answer.status), "headers": encoded})
    await send({"type": "http.response.body", "body": answer.body})
