"""A model directory, an ASGI client and a server process for the tests of `serving`."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import shutil
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from serving.app import App
from serving.core.errors import StartError
from serving.core.handler import Handler
from serving.core.messages import Answer, Request
from serving.core.options import Options
from serving.core.responder import Responder
from serving.core.settings import Settings, read_settings

ROOT = Path(__file__).resolve().parents[3]


class Linear(torch.nn.Module):
    """Ten numbers to two probabilities."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(10, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(self.layer(x), dim=-1)


@pytest.fixture(scope="session")
def linear() -> torch.nn.Module:
    """The model in torch, whose answers the served ones have to equal."""
    torch.manual_seed(0)
    return Linear().eval()


@pytest.fixture(scope="session")
def linear_file(linear: torch.nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("linear") / "model.pt"
    torch.jit.save(torch.jit.script(linear), file)
    return file


@pytest.fixture
def model_dir(tmp_path: Path, linear_file: Path) -> Callable[..., Path]:
    """Write a model directory: `model_dir(code="...", settings={...}, files={name: content})`."""

    def write(
        code: str | None = None,
        *,
        settings: Any = None,
        files: dict[str, str | bytes] | None = None,
        model: bool = True,
    ) -> Path:
        folder = tmp_path / "model"
        (folder / "code").mkdir(parents=True)
        if model:
            shutil.copy(linear_file, folder / "model.pt")
        contents: dict[str, str | bytes] = dict(files or {})
        if code is not None:
            contents["code/inference.py"] = textwrap.dedent(code)
        if settings is not None:
            contents["serving.json"] = json.dumps(settings)
        for name, content in contents.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return write


@pytest.fixture(autouse=True)
def unchanged_imports(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget the handler's module, its folder and what it imported from there."""
    modules = dict(sys.modules)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    for name in sys.modules.keys() - modules.keys():
        if "/model/code/" in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers["content-type"]

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        """The reason of a refusal, which has exactly the three keys and one line."""
        assert self.content_type == "application/json"
        assert self.body.count(b"\n") == 1
        assert b"Traceback" not in self.body
        refusal = self.json()
        assert refusal.keys() == {"error", "reason", "request_id"}
        return refusal["reason"]


class InThisProcess:
    """Answers requests without a worker process."""

    def __init__(self, settings: Settings) -> None:
        self._responder = Responder(Handler(settings))

    async def answer(self, request: Request) -> Answer:
        return next(self._responder.respond([request]))[1]

    def is_ready(self) -> bool:
        return True


class Client:
    """Calls an ASGI application in this process."""

    def __init__(self, app: App) -> None:
        self._app = app

    def invoke(
        self, body: Any, content_type: str | None = "application/json", accept: str | None = None
    ) -> Response:
        headers = {"content-type": content_type, "accept": accept}
        return self.request("POST", "/invocations", body, {k: v for k, v in headers.items() if v is not None})

    def request(self, *arguments: Any, **options: Any) -> Response:
        return asyncio.run(self.send(*arguments, **options))

    async def send(
        self,
        method: str,
        path: str,
        body: Any = b"",
        headers: dict[str, str] | None = None,
        *,
        events: Iterable[dict[str, Any]] | None = None,
        receive: Callable[[], Any] | None = None,
        raw_headers: list[tuple[bytes, bytes]] | None = None,
    ) -> Response:
        if not isinstance(body, bytes):
            body = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        incoming = iter(events or [{"type": "http.request", "body": body, "more_body": False}])
        sent: list[dict[str, Any]] = []

        async def next_event() -> dict[str, Any]:
            return next(incoming)

        async def send(message: Any) -> None:
            sent.append(message)

        encoded = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        scope = {"type": "http", "method": method, "path": path, "headers": raw_headers or encoded}
        await self._app(scope, receive or next_event, send)
        if not sent:
            return Response(0, {}, b"")
        start, end = sent
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        assert int(headers["content-length"]) == len(end["body"])
        return Response(start["status"], headers, end["body"])


@pytest.fixture
def client(model_dir: Callable[..., Path]) -> Callable[..., Client]:
    """Load a model directory in this process: `client(code="...")`, with `environment={...}`."""

    def load(code: str | None = None, *, environment: dict[str, str] | None = None, **contents: Any) -> Client:
        settings = read_settings(model_dir(code, **contents), environment or {})
        return Client(App(InThisProcess(settings), settings.options))

    return load


@pytest.fixture
def app_of() -> Callable[..., Client]:
    """A client of an application before the given backend: `app_of(backend, **options)`."""
    return lambda backend, **options: Client(App(backend, Options(**options)))


@pytest.fixture
def refused(client: Callable[..., Client]) -> Callable[..., StartError]:
    """Return the error that a start ends with."""

    def load(*arguments: Any, **options: Any) -> StartError:
        with pytest.raises(StartError) as caught:
            client(*arguments, **options)
        assert "\n" not in str(caught.value)
        return caught.value

    return load


class Server:
    """`python -m serving` as a process; its standard output is read as it comes."""

    def __init__(self, model_dir: Path, *options: str, environment: dict[str, str] | None = None) -> None:
        passed_on = {k: v for k, v in os.environ.items() if not k.startswith("SAGEMAKER_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "serving", "serve", "--model-dir", str(model_dir), *options],
            env={**passed_on, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.port = 0

    def wait_ready(self) -> Server:
        self.port = self.wait_event("ready")["port"]
        return self

    def wait_event(self, event: str) -> dict[str, Any]:
        for line in self.lines():
            if line.startswith("{") and (found := json.loads(line)).get("event") == event:
                return found
        pytest.fail(f"ended before {event}: {self.process.stderr.read()}")

    def lines(self) -> Iterator[str]:
        yield from iter(self.process.stdout.readline, "")

    def wait_failed(self) -> str:
        """Wait for the start to fail and return what standard error has."""
        output, errors = self.process.communicate(timeout=60)
        assert self.process.returncode not in {0, None}, output
        assert '"ready"' not in output
        return errors

    def request(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Response:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Response(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
        finally:
            connection.close()


@pytest.fixture
def server() -> Iterator[Callable[..., Server]]:
    """Start servers that end with the test."""
    servers: list[Server] = []

    def start(model_dir: Path, *options: str, environment: dict[str, str] | None = None) -> Server:
        servers.append(Server(model_dir, *options, environment=environment))
        return servers[-1]

    yield start
    for started in servers:
        started.process.kill()
        started.process.communicate()


@pytest.fixture(scope="module")
def linear_server(linear_file: Path) -> Iterator[Server]:
    """A server of the linear model without a handler, shared by the tests of a module; its log goes nowhere."""
    started = Server(linear_file.parent, "--port", "0").wait_ready()
    # a log that nobody reads would fill its pipe, and hold the server up
    reader = threading.Thread(target=lambda: [None for _ in started.process.stdout], daemon=True)
    reader.start()
    yield started
    started.process.terminate()
    started.process.wait(60)
    reader.join(60)
    started.process.stderr.close()
    started.process.stdout.close()
