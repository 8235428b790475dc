"""A request and its answer, at the level of the connection."""

import socket
import threading

import pytest

from assets.preflight.exchange import NoAnswerError, send
from assets.samples import Sample

SAMPLE = Sample("one", "text/csv; charset=utf-8", "application/json", b"1,2", None, 0.0)


@pytest.fixture
def peer():
    """Serve one connection with a function; returns the port."""
    threads = []

    def serve(answer):
        listener = socket.create_server(("127.0.0.1", 0))

        def run():
            connection, _ = listener.accept()
            with listener, connection:
                answer(connection)

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return listener.getsockname()[1]

    yield serve
    for thread in threads:
        thread.join()


def read_request(connection) -> bytes:
    data = b""
    while not data.endswith(b"\r\n\r\n1,2"):
        data += connection.recv(65536)
    return data


def test_a_sample_arrives_as_sagemaker_would_send_it(peer):
    seen = []

    def answer(connection):
        seen.append(read_request(connection))
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: Text/CSV; charset=utf-8\r\nContent-Length: 1\r\n\r\n3"
        )

    got = send(SAMPLE, peer(answer), seconds=30)
    assert (got.status, got.content_type, got.body) == (200, "text/csv", b"3")
    head = seen[0].decode()
    assert head.startswith("POST /invocations HTTP/1.1\r\n")
    assert "Content-Type: text/csv; charset=utf-8\r\n" in head
    assert "Accept: application/json\r\n" in head


def test_an_answer_in_drops_does_not_gain_time(peer):
    def answer(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        try:
            while True:
                connection.sendall(b"x")
                threading.Event().wait(0.02)
        except OSError:
            return

    with pytest.raises(NoAnswerError, match=r"had no whole answer after \d") as error:
        send(SAMPLE, peer(answer), seconds=0.3)
    assert not error.value.closed


def test_a_connection_that_is_closed(peer):
    with pytest.raises(NoAnswerError, match="had no answer: ") as error:
        send(SAMPLE, peer(read_request), seconds=30)
    assert error.value.closed


def test_an_answer_that_is_cut_short(peer):
    def answer(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")

    with pytest.raises(NoAnswerError, match="had no answer: IncompleteRead") as error:
        send(SAMPLE, peer(answer), seconds=30)
    assert error.value.closed
