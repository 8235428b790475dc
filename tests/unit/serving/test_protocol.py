"""What goes over the wire for an answer."""

from __future__ import annotations

import json
import socket

SMALL = b"[[0,1,2,3,4,5,6,7,8,9]]"
ECHO = """
    def model_fn(model_dir): return None
    def input_fn(body, content_type): return bytes(body)
    def predict_fn(data, model): return data
"""


def sent(port: int, *bodies: bytes, content_type: bytes = b"application/octet-stream") -> socket.socket:
    """Send requests at once over one connection."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.sendall(
        b"".join(
            b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
            % (content_type, len(body), body)
            for body in bodies
        )
    )
    return connection


def answer(connection: socket.socket) -> tuple[bytes, bytes]:
    """Read one answer and return its head and its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(1)
    head = data.removesuffix(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    body = b""
    while len(body) < length:
        body += connection.recv(min(65536, length - len(body)))
    return head, body


def test_the_head_and_the_body_of_an_answer_come_together(linear_server):
    with sent(linear_server.port, SMALL, content_type=b"application/json") as connection:
        assert connection.recv(65536).endswith(b"]]")


def test_requests_that_are_sent_ahead_are_answered_in_their_order(linear_server):
    bodies = [b"[%s]" % b",".join([b"[0,1,2,3,4,5,6,7,8,9]"] * rows) for rows in range(1, 12)]
    with sent(linear_server.port, *bodies, content_type=b"application/json") as connection:
        assert [len(json.loads(answer(connection)[1])) for _ in bodies] == [*range(1, 12)]


def test_an_answer_of_any_size_is_whole(server, model_dir):
    port = server(model_dir(ECHO), "--port", "0").wait_ready().port
    for size in (0, 1, (1 << 16) - 1, 1 << 16, 5_000_000):
        body = bytes(range(256)) * (size // 256) + bytes(size % 256)
        with sent(port, body) as connection:
            head, echoed = answer(connection)
        assert head.startswith(b"HTTP/1.1 200")
        assert echoed == body
