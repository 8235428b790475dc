"""The adapter between SageMaker's paths and Ray Serve's."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local_aws.sagemaker.software.ray_serve.adapter import Adapter, backend_timeout

_DEADLINE = 60.0  # seconds


@dataclass
class Backend:
    """Stands for Ray Serve: keeps requests and gives the answer that it is told to give."""

    port: int = 0
    healthy: bool = True
    status: int = 200
    body: bytes = b"[1]"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    held: threading.Event | None = None


@pytest.fixture
def backend() -> Iterator[Backend]:
    told = Backend()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(200 if told.healthy and self.path == "/-/healthz" else 503, {}, b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            told.requests.append((self.command, self.path, headers, body))
            if told.held:
                told.held.wait(_DEADLINE)
            self._send(told.status, told.headers, told.body)

        def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


Ask = Callable[..., tuple[int, dict[str, str], bytes]]


@pytest.fixture
def ask(backend: Backend) -> Ask:
    """Ask the adapter in front of the backend."""

    def answer(
        path: str = "/invocations",
        method: str = "POST",
        *,
        headers: Mapping[str, str] | None = None,
        body: tuple[bytes, ...] = (b"",),
        timeout: float = _DEADLINE,
        port: int | None = None,
    ) -> tuple[int, dict[str, str], bytes]:
        adapter = Adapter(f"http://127.0.0.1:{port or backend.port}", timeout)
        encoded = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        parts = [{"type": "http.request", "body": part, "more_body": True} for part in body]
        parts[-1]["more_body"] = False
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return parts.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "path": path, "method": method, "headers": encoded}
        asyncio.run(adapter(scope, receive, send))
        named = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], named, sent[1]["body"]

    return answer


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_only_what_sagemaker_promises_is_forwarded(ask: Ask, backend: Backend) -> None:
    given = {
        "content-type": "text/csv",
        "accept": "a/b",
        "X-Amzn-SageMaker-Custom-Attributes": "c",
        "x-secret": "d",
    }
    ask(headers=given, body=(b"1,", b"2"))

    [(method, path, headers, body)] = backend.requests
    assert (method, path, body) == ("POST", "/", b"1,2")
    assert (headers["content-type"], headers["accept"]) == ("text/csv", "a/b")
    assert headers["x-amzn-sagemaker-custom-attributes"] == "c"
    assert "x-secret" not in headers


def test_absent_headers_mean_json(ask: Ask, backend: Backend) -> None:
    ask()

    headers = backend.requests[0][2]
    assert (headers["content-type"], headers["accept"]) == ("application/json", "application/json")


@pytest.mark.parametrize("status", [200, 204, 400, 415, 500, 503])
def test_status_and_body_are_passed_through(ask: Ask, backend: Backend, status: int) -> None:
    backend.status, backend.body = status, b"" if status == 204 else b'{"error": "x"}'
    assert ask()[::2] == (status, backend.body)


def test_of_the_answers_headers_only_sagemakers_come_back(ask: Ask, backend: Backend) -> None:
    backend.headers |= {"X-Amzn-SageMaker-Custom-Attributes": "c", "X-Secret": "d"}

    _, headers, _ = ask()
    assert headers == {
        "content-type": "application/json",
        "content-length": "3",
        "x-amzn-sagemaker-custom-attributes": "c",
    }


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/plain; charset=latin-1", "text/plain; charset=latin-1"),
        ("application/x-npy", "application/x-npy"),
    ],
)
def test_text_gains_a_charset(ask: Ask, backend: Backend, sent: str, received: str) -> None:
    backend.headers["Content-Type"] = sent
    assert ask()[1]["content-type"] == received


def test_an_answer_without_a_type_is_what_was_accepted(ask: Ask, backend: Backend) -> None:
    backend.headers = {}
    assert ask(headers={"accept": "image/png"})[1]["content-type"] == "image/png"


def test_a_backend_that_takes_too_long_is_a_504(ask: Ask, backend: Backend) -> None:
    backend.held = threading.Event()
    try:
        status, _, body = ask(timeout=0.05)
    finally:
        backend.held.set()
    assert (status, json.loads(body)) == (504, {"error": "Request timeout"})


def test_a_backend_that_is_not_there_is_a_503(ask: Ask) -> None:
    status, _, body = ask(port=unused_port())
    assert (status, json.loads(body)) == (503, {"error": "Service unavailable"})


@pytest.mark.parametrize(("healthy", "status"), [(True, 200), (False, 503)])
def test_ping_asks_ray_serve(ask: Ask, backend: Backend, healthy: bool, status: int) -> None:
    backend.healthy = healthy
    assert ask("/ping", "GET")[::2] == (status, b"")


def test_ping_is_unhealthy_where_ray_serve_is_not_there(ask: Ask) -> None:
    assert ask("/ping", "GET", port=unused_port())[::2] == (503, b"")


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/", 404), ("GET", "/invocations", 405), ("POST", "/ping", 405)]
)
def test_other_paths_and_methods_are_refused(
    ask: Ask, backend: Backend, method: str, path: str, status: int
) -> None:
    assert ask(path, method)[0] == status
    assert not backend.requests


def test_a_client_that_is_gone_before_its_body_is_whole_is_not_forwarded(backend: Backend) -> None:
    messages = [
        {"type": "http.request", "body": b"[1,", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    adapter = Adapter(f"http://127.0.0.1:{backend.port}", _DEADLINE)
    asyncio.run(adapter({"type": "http", "path": "/invocations", "method": "POST", "headers": []}, receive, send))

    assert backend.requests == []
    assert sent == []


@pytest.mark.parametrize(("environment", "seconds"), [({}, 300), ({"RAYSERVE_BACKEND_TIMEOUT": "45"}, 45)])
def test_the_time_out_is_the_environments(environment: dict[str, str], seconds: int) -> None:
    assert backend_timeout(environment) == seconds


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "", "soon"])
def test_a_time_out_that_is_none_ends_the_container(value: str) -> None:
    with pytest.raises(ValueError, match="RAYSERVE_BACKEND_TIMEOUT is"):
        backend_timeout({"RAYSERVE_BACKEND_TIMEOUT": value})
