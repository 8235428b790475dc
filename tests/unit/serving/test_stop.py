from __future__ import annotations

import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

WAITING = """
    def model_fn(model_dir): return None
    def predict_fn(data, model):
        print("started", flush=True)
        with open({release!r}) as release:
            return release.read()
"""


@pytest.fixture
def waiting(server, model_dir, tmp_path):
    """A server whose prediction ends when something is written into the pipe `release`."""
    release = tmp_path / "release"
    os.mkfifo(release)

    def start(*options):
        started = server(model_dir(WAITING.format(release=str(release))), "--port", "0", *options).wait_ready()
        return started, release

    return start


def test_sigterm_finishes_what_is_in_flight(waiting):
    started, release = waiting()
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(started.request, "POST", "/invocations", b"[1]")
        assert "started\n" in started.lines()
        assert started.request("GET", "/ping").status == 200
        started.process.send_signal(signal.SIGTERM)
        assert started.wait_event("stopping")["in_flight"] == 1
        assert_refuses(started.port)
        assert not answer.done()
        release.write_text("done")
        assert answer.result(60).body == b'"done"'
    assert started.process.wait(60) == 0


def test_what_does_not_finish_in_time_is_503_and_the_server_ends(waiting):
    started, _ = waiting("--drain-timeout", "1")
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(started.request, "POST", "/invocations", b"[1]")
        assert "started\n" in started.lines()
        started.process.send_signal(signal.SIGTERM)
        refusal = answer.result(60)
    assert refusal.status == 503
    assert "stopping" in refusal.reason
    assert started.process.wait(60) == 0


def test_a_prediction_that_never_ends_does_not_hold_or_break_the_end(server, model_dir):
    code = """
        import torch
        def model_fn(model_dir): return None
        def predict_fn(data, model):
            print("started", flush=True)
            while True:
                torch.mm(torch.ones(100, 100), torch.ones(100, 100))
    """
    started = server(model_dir(code), "--port", "0", "--drain-timeout", "1").wait_ready()
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(started.request, "POST", "/invocations", b"[1]")
        assert "started\n" in started.lines()
        started.process.send_signal(signal.SIGTERM)
        assert answer.result(60).status == 503
    assert started.wait_event("stopped")["drained"] is False
    assert started.process.wait(60) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_ends_with_status_0(server, model_dir, number):
    started = server(model_dir(), "--port", "0").wait_ready()
    started.process.send_signal(number)
    _, errors = started.process.communicate(timeout=60)
    assert (started.process.returncode, errors) == (0, "")


def test_a_connection_that_is_kept_alive_does_not_hold_the_end(server, model_dir):
    started = server(model_dir(), "--port", "0").wait_ready()
    with socket.create_connection(("127.0.0.1", started.port)) as idle:
        idle.sendall(b"GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(1000).startswith(b"HTTP/1.1 200")
        started.process.send_signal(signal.SIGTERM)
        assert started.process.wait(60) == 0


def assert_refuses(port: int) -> None:
    """The socket is closed just after the event is logged."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=60).close()
        except ConnectionError:
            return
    pytest.fail("connections are still accepted")
