"""One system call for what is written in one turn of the event loop.

uvloop sends each write at once: the head and the body of an answer, which uvicorn writes one after the other, and
requests that came together and go to the same worker. Each of them would wake the other side.
"""

import asyncio
from typing import Any

_LARGE = 1 << 16  # bytes; such a body goes at once, uncopied


class JoinedWrites:
    """A transport that sends what is written in one turn of the event loop together.

    Parameters
    ----------
    transport
        What sends it; everything but writing and closing is left to it.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._written: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send bytes at the end of this turn of the loop; a large body at once, behind its head."""
        if not data:
            return
        self._written.append(data)
        if len(data) >= _LARGE:
            self._send()
        elif len(self._written) == 1:
            self._loop.call_soon(self._send)

    def write_now(self, *parts: bytes) -> None:
        """Send bytes together, and at once."""
        self._written += parts
        self._send()

    def close(self) -> None:
        """Close the connection when everything is sent."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        written, self._written = self._written, []
        if written and not self._transport.is_closing():
            self._transport.writelines(written)
