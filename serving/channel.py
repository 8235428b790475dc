"""What the server and a worker process say to each other: frames of `marshal` on a pair of sockets.

Both ends run the same Python, and nobody else holds the sockets, so the format need neither be portable nor safe.
"""

import marshal
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

_LENGTH = struct.Struct(">Q")

READY = "ready"
"""Worker: `(READY, batch size)`, once the model is loaded and warmed up."""
FAILED = "failed"
"""Worker: `(FAILED, message, details)`; it ends after that."""
ANSWER = "answer"
"""Worker: `(ANSWER, request id, status, content type, headers, body, milliseconds)`."""


def frame(content: Any) -> bytes:
    """Return the bytes that stand for `content`: tuples, lists, dicts, text, bytes and numbers."""
    body = marshal.dumps(content)
    return _LENGTH.pack(len(body)) + body


def read_frame(stream: BinaryIO) -> Any:
    """Wait for the next frame of a blocking stream and return its content; None at the end."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    return marshal.loads(body) if len(body) == length else None  # noqa: S302 - from our own other end


class Frames:
    """Takes bytes as they come and gives the frames that are complete."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, data: bytes) -> Iterator[Any]:
        """Add bytes; return the contents of the frames that they complete."""
        self._received += data
        start = 0
        while len(self._received) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._received, start)
            end = start + _LENGTH.size + length
            if len(self._received) < end:
                break
            with memoryview(self._received) as view:
                content = marshal.loads(view[start + _LENGTH.size : end])  # noqa: S302 - from our own other end
            start = end
            yield content
        if start:
            del self._received[:start]
