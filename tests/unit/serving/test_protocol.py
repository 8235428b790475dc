"""What goes over the wire for an answer."""

from __future__ import annotations

import http.client
import json
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    """Read one final answer and return its head and its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(1)
    head = data.removesuffix(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 100"):
        return answer(connection)
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


def request_of(body: bytes, *head: bytes, line: bytes = b"POST /invocations HTTP/1.1") -> bytes:
    return b"\r\n".join([line, b"Host: x", b"Content-Type: application/json", *head, b"", body])


WHOLE = request_of(SMALL, b"Content-Length: %d" % len(SMALL))
IN_CHUNKS = request_of(
    b"5\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (SMALL[:5], len(SMALL) - 5, SMALL[5:]), b"Transfer-Encoding: chunked"
)
HELD_BACK = request_of(SMALL, b"Content-Length: %d" % len(SMALL), b"Expect: 100-continue")
PING = b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n"
LOST = request_of(SMALL, b"Content-Length: %d" % len(SMALL), line=b"POST /elsewhere HTTP/1.1")


@settings(max_examples=25, deadline=None)
@given(
    requests=st.lists(st.sampled_from([WHOLE, IN_CHUNKS, HELD_BACK, PING, LOST]), min_size=1, max_size=4),
    data=st.data(),
)
def test_however_requests_are_cut_into_pieces_they_are_answered_alike(linear_server, requests, data):
    sent_bytes = b"".join(requests)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent_bytes)), max_size=4)))
    statuses = {WHOLE: 200, IN_CHUNKS: 200, HELD_BACK: 200, PING: 200, LOST: 404}
    with socket.create_connection(("127.0.0.1", linear_server.port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start, end in zip([0, *cuts], [*cuts, len(sent_bytes)], strict=True):
            connection.sendall(sent_bytes[start:end])
        for request in requests:
            head, body = answer(connection)
            assert int(head.split()[1]) == statuses[request]
            if statuses[request] == 200 and request != PING:
                assert len(json.loads(body)[0]) == 2


def test_a_connection_is_closed_when_the_client_asks_for_it(linear_server):
    request = request_of(SMALL, b"Content-Length: %d" % len(SMALL), b"Connection: close")
    with socket.create_connection(("127.0.0.1", linear_server.port), timeout=60) as connection:
        connection.sendall(request)
        head, _ = answer(connection)
        assert b"connection: close" in head
        assert connection.recv(1) == b""


def test_a_header_that_http_does_not_allow_is_the_handlers_fault(server, model_dir):
    code = """
    def model_fn(model_dir): return None
    def input_fn(body, content_type): return bytes(body)
    def predict_fn(data, model, context):
        context.set_response_header(0, data.decode(), "a\\r\\nset-cookie: b\\0")
        return data
"""
    port = server(model_dir(code), "--port", "0").wait_ready().port
    with sent(port, b"x-good") as connection:
        head, _ = answer(connection)
    assert head.startswith(b"HTTP/1.1 200")
    assert b"\r\nx-good: a set-cookie: b\r\n" in head + b"\r\n"
    with sent(port, b"x bad:") as connection:
        head, body = answer(connection)
    assert head.startswith(b"HTTP/1.1 500")
    assert set(json.loads(body)) == {"error", "reason", "request_id"}


ODD = """
    import enum
    class Kind(str, enum.Enum):
        CSV = "text/csv"
    def model_fn(model_dir): return None
    def input_fn(body, content_type): return int(body)
    def predict_fn(status, model, context):
        context.set_response_status(code=status)
        if status == 201:
            context.set_response_header(0, "x-kind", Kind.CSV)
        if status == 202:
            context.set_response_header(0, "x-\u00e9", "a")
        return status
    def output_fn(status, accept): return "body " * 10_000, Kind.CSV
"""


def test_answers_without_a_body_leave_the_connection_usable(server, model_dir):
    port = server(model_dir(ODD), "--port", "0").wait_ready().port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for status, size in ((204, 0), (201, 50_000), (304, 0), (200, 50_000)):
        connection.request("POST", "/invocations", str(status), {"Content-Type": "text/plain"})
        response = connection.getresponse()
        assert (response.status, len(response.read())) == (status, size)
    connection.close()


def test_the_value_of_an_enum_of_strings_is_what_is_sent(server, model_dir):
    port = server(model_dir(ODD), "--port", "0").wait_ready().port
    with sent(port, b"201", content_type=b"text/plain") as connection:
        head, _ = answer(connection)
    assert b"content-type: text/csv\r\n" in head
    assert b"x-kind: text/csv\r\n" in head


def test_a_header_with_a_name_that_http_has_not_is_the_models_fault(server, model_dir):
    port = server(model_dir(ODD), "--port", "0").wait_ready().port
    with sent(port, b"202", content_type=b"text/plain") as connection:
        head, body = answer(connection)
    assert head.startswith(b"HTTP/1.1 500")
    assert "HTTP does not allow" in json.loads(body)["reason"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"no HTTP\r\n\r\n",
        b"POST /invocations HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /invocations HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_is_refused_in_json(linear_server, garbage):
    with socket.create_connection(("127.0.0.1", linear_server.port), timeout=60) as connection:
        connection.sendall(garbage)
        head, body = answer(connection)
        assert connection.recv(1) == b""
    assert head.startswith(b"HTTP/1.1 400")
    assert set(json.loads(body)) == {"error", "reason", "request_id"}
