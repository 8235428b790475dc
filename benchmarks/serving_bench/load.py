"""The load generator, a process of its own: `python load.py`, with what to send as JSON on standard input.

Each client is a kept-alive connection that sends its next request as soon as it has its answer. Plain sockets and
one selector cost some twenty microseconds a request; `generator_check` shows that this is no bottleneck.
"""

from __future__ import annotations

import base64
import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass

_HOST = "127.0.0.1"
_READ = 1 << 18  # bytes at once
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"
_TIMEOUT = 120.0  # seconds without any answer


@dataclass
class Client:
    """One connection, and the answer that it waits for.

    Parameters
    ----------
    connection
        It blocks while it sends, and has something to read when the selector says so.
    began
        When the request was sent, in seconds of `time.perf_counter`.
    """

    connection: socket.socket
    began: float = 0.0
    received: bytes = b""
    """What has come of the answer."""
    wanted: int = 0
    """Bytes of the answer, head and body; 0 while the head has not come."""


def answers(
    port: int, request: bytes, clients: int, *, seconds: float, requests: int
) -> tuple[list[float], float]:
    """Send requests for some time, or a number of them, whichever ends first.

    Parameters
    ----------
    port
        Where the server answers, on 127.0.0.1.
    request
        The request's bytes, head and body.
    clients
        Connections at once.
    seconds, requests
        How long, and how many at most.

    Returns
    -------
    tuple[list[float], float]
        What each answer took, and how long it took altogether, in seconds.

    Raises
    ------
    SystemExit
        An answer is no 200, or a connection ended.
    """
    selector = selectors.DefaultSelector()
    started = time.perf_counter()
    for _ in range(clients):
        connection = socket.create_connection((_HOST, port), timeout=_TIMEOUT)
        connection.settimeout(None)  # the selector has one; each of a socket's own costs a system call more
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = Client(connection)
        selector.register(connection, selectors.EVENT_READ, client)
        _send(client, request)
    took: list[float] = []
    open_requests = clients
    while open_requests:
        ready = selector.select(_TIMEOUT)
        if not ready:
            sys.exit(f"no answer within {_TIMEOUT:g} s")
        for key, _ in ready:
            client = key.data
            if not _is_complete(client):
                continue
            now = time.perf_counter()
            took.append(now - client.began)
            if now - started < seconds and len(took) + open_requests <= requests:
                _send(client, request)
            else:
                open_requests -= 1
                selector.unregister(client.connection)
                client.connection.close()
    return took, time.perf_counter() - started


def _send(client: Client, request: bytes) -> None:
    client.received, client.wanted = b"", 0
    client.began = time.perf_counter()
    client.connection.sendall(request)


def _is_complete(client: Client) -> bool:
    data = client.connection.recv(_READ)
    if not data:
        sys.exit("the server closed the connection")
    client.received = client.received + data if client.received else data
    if not client.wanted:
        head, found, _ = client.received.partition(_END_OF_HEAD)
        if not found:
            return False
        if head[9:12] != b"200":
            sys.exit(f"an answer is no 200: {client.received[:2000]!r}")
        client.wanted = len(head) + len(_END_OF_HEAD) + _content_length(head)
    return len(client.received) >= client.wanted


def _content_length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(_LENGTH)
    if at < 0:
        sys.exit("an answer has no Content-Length")
    return int(lower[at + len(_LENGTH) :].split(b"\r\n", 1)[0])


def main() -> None:
    """Read what to do, do it, and print the seconds of each answer and of all."""
    asked = json.load(sys.stdin)
    body = base64.b64decode(asked["body"])
    head = "".join(f"{name}: {value}\r\n" for name, value in asked["headers"].items())
    request = (
        f"POST {asked['path']} HTTP/1.1\r\nHost: {_HOST}\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode()
    )
    took, wall = answers(
        asked["port"], request + body, asked["clients"], seconds=asked["seconds"], requests=asked["requests"]
    )
    json.dump({"took": took, "wall": wall}, sys.stdout)


if __name__ == "__main__":
    main()
