"""Connections that all end at one deadline, to an address that was looked up once."""

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

Resolve = Callable[[str, int], list[str]]
"""The addresses of a host, by its name and the port."""

Connect = Callable[[str, int, float], socket.socket]
"""A connection to an address and port, within seconds."""


class Deadline:
    """The end of all that belongs to one request.

    Parameters
    ----------
    seconds
        From now.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left.

        Raises
        ------
        TimeoutError
            None are.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class TimedSocket(ssl.SSLSocket):
    """A socket whose every read ends at the deadline: a server that sends a byte a second gains nothing by it."""

    deadline: Deadline | None = None

    def recv_into(self, *arguments: Any, **options: Any) -> int:
        """Read, as long as there is time."""
        if self.deadline:
            self.settimeout(self.deadline.left())
        return super().recv_into(*arguments, **options)


def resolve(host: str, port: int) -> list[str]:
    """Ask the system for a host's addresses."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def connect(address: str, port: int, seconds: float) -> socket.socket:
    """Connect to an address; it is no name, so that nothing is looked up again."""
    return socket.create_connection((address, port), timeout=seconds)


def resolve_in_time(ask: Resolve, host: str, port: int, deadline: Deadline) -> list[str]:
    """Return a host's addresses; the system's own look-up knows no time limit, so that a thread waits for it.

    Raises
    ------
    TimeoutError
        They did not come in time.
    OSError
        There are none.
    """
    answers: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(ask(host, port))
        except OSError as error:
            answers.put(error)
        except UnicodeError as error:  # a label that is no name
            answers.put(OSError(str(error)))

    threading.Thread(target=look_up, daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.left())
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def open_tls(raw: socket.socket, host: str, context: ssl.SSLContext, deadline: Deadline) -> TimedSocket:
    """Speak TLS on a connection; the certificate has to be the name's, whatever the address is.

    Parameters
    ----------
    raw
        The connection, which is closed where TLS fails.
    host
        The name that is sent (SNI) and that the certificate is verified for.
    context
        Whose `sslsocket_class` is `TimedSocket`.
    deadline
        The end of the handshake and of every read.

    Raises
    ------
    OSError
        The handshake failed or took too long.
    """
    try:
        raw.settimeout(deadline.left())
        tls = context.wrap_socket(raw, server_hostname=host)
    except BaseException:
        raw.close()
        raise
    assert isinstance(tls, TimedSocket)  # noqa: S101 - what the context makes
    tls.deadline = deadline
    return tls
