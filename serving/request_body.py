"""The body of a request as ASGI gives it: whole, and no larger than allowed."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from serving.core.errors import BadRequest, ContentTooLargeError

_DISCARDED = 4  # times the largest body; as much is read of a body that is too large, so that its client listens

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete."""


async def read_body(headers: dict[str, str], receive: Receive, largest: int) -> bytes:
    """Read the whole body, but not one that is too large.

    Parameters
    ----------
    headers
        Of the request.
    receive
        ASGI's.
    largest
        In bytes.

    Raises
    ------
    ClientGoneError
        The connection was closed before the end.
    RequestError
        The body is too large, or its declared size is no number.
    """
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
