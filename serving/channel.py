"""What the server and a worker process say to each other: frames of `marshal` on a pair of sockets.

Both ends run the same Python, and nobody else holds the sockets, so the format need neither be portable nor safe.
"""

import marshal
import socket
import struct
from collections import deque
from collections.abc import Iterator
from typing import Any

_LENGTH = struct.Struct(">Q")
_READ = 1 << 18  # bytes at once

READY = "ready"
"""Worker: `(READY, batch size)`, once the model is loaded and warmed up."""
FAILED = "failed"
"""Worker: `(FAILED, message, details)`; it ends after that."""
TOOK = "took"
"""Worker: `(TOOK, groups)`, before it answers several groups of requests together."""
ANSWER = "answer"
"""Worker: `(ANSWER, request id, status, content type, headers, body, milliseconds)`."""


def frame(content: Any) -> bytes:
    """Return the bytes that stand for `content`: tuples, lists, dicts, text, bytes and numbers."""
    body = marshal.dumps(content)
    return _LENGTH.pack(len(body)) + body


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


class Inbox:
    """A worker's end of the channel: the groups of requests that have come, in their order.

    Parameters
    ----------
    channel
        A blocking socket.
    """

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._frames = Frames()
        self._come: deque[list[Any]] = deque()

    def take(self, most: int) -> list[list[Any]] | None:
        """Wait for a group, and take those behind it that have come already.

        Parameters
        ----------
        most
            Requests together, at most, where there are several groups.

        Returns
        -------
        list[list[Any]] | None
            One or more groups; None when the server has closed the channel.
        """
        if self._come and most > 1:
            self._receive(socket.MSG_DONTWAIT)
        while not self._come:
            if not self._receive():
                return None
        taken = [self._come.popleft()]
        size = len(taken[0])
        while self._come and (size := size + len(self._come[0])) <= most:
            taken.append(self._come.popleft())
        return taken

    def _receive(self, flags: int = 0) -> bool:
        try:
            data = self._channel.recv(_READ, flags)
        except BlockingIOError:
            return False
        self._come.extend(self._frames.feed(data))
        return bool(data)
