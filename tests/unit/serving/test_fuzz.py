"""Whatever a client sends: no fault of its own is a 5xx, nothing hangs, and valid requests are answered."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import socket

import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

JSON, NPY = "application/json", "application/x-npy"
VALID = json.dumps([[1.0] * 10]).encode()
SEEDED = {"derandomize": True, "deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}


def npy(array) -> bytes:
    body = io.BytesIO()
    np.save(body, array)
    return body.getvalue()


nested = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=30,
)
rows = st.lists(st.lists(st.floats(width=32), min_size=9, max_size=11), max_size=4)
arrays = st.builds(
    lambda shape, dtype: np.ones(shape, dtype=dtype),
    st.lists(st.integers(0, 11), max_size=3).map(tuple),
    st.sampled_from(["f2", "f4", ">f8", "i1", "u8", "?", "c8", "U3", "M8[s]", "V4"]),
)
bodies = st.one_of(
    st.just(VALID),
    st.binary(max_size=300),
    (nested | rows).map(lambda value: json.dumps(value).encode()),
    st.builds(lambda body, cut: body[:cut], arrays.map(npy), st.integers(0, 500)),
    st.integers(1, 100_000).map(lambda depth: b"[" * depth),
    st.just(b"PK\x03\x04" + bytes(40)),
)
types = st.sampled_from(
    [
        JSON,
        NPY,
        "text/csv",
        "application/x-npz",
        "image/png",
        "",
        ";",
        f"{JSON}; charset=utf-16",
        "text/csv;charset=x",
    ]
) | st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)
accepts = st.sampled_from(["*/*", JSON, NPY, "text/csv;q=0", "a/b", ",,;q=,", "*/*;q=nan"]) | types
methods = st.sampled_from(["POST"] * 8 + ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "POSTE"])
paths = st.sampled_from(["/invocations"] * 8 + ["/ping", "/", "/invocations/../x", "/%00", "/invocations?a=b"])
requests = st.fixed_dictionaries(
    {
        "method": methods,
        "path": paths,
        "body": bodies,
        "content_type": types,
        "accept": accepts,
        "chunk": st.sampled_from([None, None, 1, 7, 4096]),
        "cut": st.sampled_from([None] * 9 + [0.5]),
    }
)


def wire(request) -> tuple[bytes, bool]:
    """Return the bytes of a request, and whether they are all that it announces."""
    body, chunk = request["body"], request["chunk"]
    lines = [
        f"{request['method']} {request['path']} HTTP/1.1",
        "Host: a",
        f"Content-Type: {request['content_type']}",
        f"Accept: {request['accept']}",
        "Connection: close",
    ]
    if chunk:
        lines.append("Transfer-Encoding: chunked")
        pieces = [
            body[at : at + max(chunk, len(body) // 50)] for at in range(0, len(body), max(chunk, len(body) // 50))
        ]
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    else:
        lines.append(f"Content-Length: {len(body)}")
    whole = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
    return (whole, True) if request["cut"] is None else (whole[: int(len(whole) * request["cut"])], False)


def exchanged(port: int, sent: bytes, *, whole: bool) -> bytes:
    """Send bytes and return all that comes back; a request that is cut is ended by closing this side."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        # the server may refuse, and close, before it has read all
        with contextlib.suppress(ConnectionError):
            connection.sendall(sent)
            if not whole:
                connection.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while piece := connection.recv(65536):
                answer += piece
        return answer


def assert_no_fault_of_the_server(port: int, request) -> None:
    sent, whole = wire(request)
    answer = exchanged(port, sent, whole=whole)
    if not answer:
        assert not whole
        return
    status = int(answer.split(b" ", 2)[1])
    assert status < 500, answer
    if status >= 400:
        body = answer.split(b"\r\n\r\n", 1)[1]
        assert request["method"] == "HEAD" or json.loads(body).keys() == {"error", "reason", "request_id"}


def fuzz(started, examples: int) -> None:
    expected = started.request("POST", "/invocations", VALID).json()
    turn = 0

    @settings(max_examples=examples, **SEEDED)
    @given(requests)
    def run(request):
        nonlocal turn
        assert_no_fault_of_the_server(started.port, request)
        turn += 1
        if turn % 10 == 0:
            assert started.request("POST", "/invocations", VALID).json() == expected

    run()
    assert started.request("GET", "/ping").status == 200
    assert started.process.poll() is None


def test_whatever_a_client_sends(linear_server):
    fuzz(linear_server, 150)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_whatever_ten_thousand_clients_send(linear_server):
    fuzz(linear_server, 10_000)


def test_a_slow_sender_holds_nobody_up(linear_server):
    with socket.create_connection(("127.0.0.1", linear_server.port), timeout=60) as slow:
        slow.sendall(b"POST /invocations HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(VALID))
        slow.sendall(VALID[:3])
        assert linear_server.request("POST", "/invocations", VALID).status == 200
        slow.sendall(VALID[3:])
        assert slow.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_body_far_too_large_hears_why(linear_server):
    answer = linear_server.request("POST", "/invocations", bytes(20_000_000))
    assert answer.status == 413
    assert "6553500" in answer.reason


def test_a_client_that_goes_away_in_its_request_hurts_nobody(linear_server):
    head = b"POST /invocations HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n["
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", linear_server.port), timeout=60) as connection:
            connection.sendall(head)
    assert linear_server.request("POST", "/invocations", VALID).status == 200


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_memory_does_not_grow(linear_server):
    """200,000 requests; the first 20,000 let caches and arenas fill."""
    expected = linear_server.request("POST", "/invocations", VALID).json()
    ask_many(linear_server.port, 20_000)
    before = memory_of(linear_server.process.pid)
    ask_many(linear_server.port, 180_000)
    assert memory_of(linear_server.process.pid) < 1.05 * before
    assert linear_server.request("POST", "/invocations", VALID).json() == expected


def ask_many(port: int, count: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for _ in range(count):
        connection.request("POST", "/invocations", VALID)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
    connection.close()


def memory_of(pid: int) -> int:
    """Return the bytes that a process and its children have for themselves and in part."""
    process = psutil.Process(pid)
    return sum(one.memory_full_info().pss for one in [process, *process.children(recursive=True)])
