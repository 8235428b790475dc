"""Records, containers and clients for the tests of `local_aws`: none of them starts the emulator."""

from __future__ import annotations

import asyncio
import contextvars
import importlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from local_aws.sagemaker.endpoints import Endpoints
    from local_aws.sagemaker.variant import RunningVariant


def ours(name: str) -> Any:
    """Import late: what a new ministack moved is said by test_ministack_seam.py, not by this file's import."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(f"local_aws.{module}"), attribute)


WAIT = 60  # seconds until a test that hangs fails


@pytest.fixture(autouse=True)
def no_aws_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's own AWS out of the tests."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "000000000000",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@dataclass(frozen=True)
class Answer:
    """What a container answers."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


@dataclass(frozen=True)
class Request:
    """What a container was asked."""

    path: str
    headers: dict[str, str]
    body: bytes


class StubContainer:
    """A container that is an HTTP server on a thread."""

    def __init__(self, answer: Callable[[Request], Answer | None]) -> None:
        self.pid = 1
        self.requests: list[Request] = []
        self.stopped = threading.Event()
        container = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet: two would wait for each other

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {key.lower(): value for key, value in self.headers.items()}
                request = Request(self.path, headers, body)
                container.requests.append(request)
                reply = answer(request)
                if reply is None:  # the container ends without an answer
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, *_: Any) -> None:
                """Keep the tests' output clean."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_: Any) -> None:
                """A caller that went away is no error."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if not self.stopped.is_set():
            self.stopped.set()
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()


@pytest.fixture
def answering() -> type[Answer]:
    return Answer


@pytest.fixture
def http_container() -> Iterator[Callable[..., StubContainer]]:
    """Start containers: `http_container(lambda request: answering(...))`, or with one fixed answer."""
    started: list[StubContainer] = []

    def start(answer: Callable[[Request], Answer | None] | Answer | None = None) -> StubContainer:
        fixed = answer or Answer()
        started.append(StubContainer(fixed if callable(fixed) else lambda _: fixed))
        return started[-1]

    yield start
    for container in started:
        container.stop()


class IdleContainer:
    """A container that answers nothing and remembers whether it was stopped."""

    def __init__(self) -> None:
        self.pid = 1
        self.url = "http://127.0.0.1:1"
        self.stopped = threading.Event()
        self.asleep = False

    def stop(self) -> None:
        self.stopped.set()

    def sleep(self) -> None:
        self.asleep = True

    def wake(self) -> None:
        self.asleep = False


@pytest.fixture
def variant(tmp_path: Path) -> Callable[..., RunningVariant]:
    """Make running variants: `variant("blue", container, InitialVariantWeight=2.0)`."""

    def make(name: str = "primary", container: Any = None, **shape: Any) -> RunningVariant:
        folder = tmp_path / "containers" / name
        folder.mkdir(parents=True, exist_ok=True)
        members = {"VariantName": name, "ModelName": "model", **shape}
        if "ServerlessConfig" not in members:
            members = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1, **members}
        running = ours("sagemaker.variant.RunningVariant")
        return running(members, "an-image", container or IdleContainer(), folder, "endpoint")

    return make


class FakeLauncher:
    """Launches variants that answer nothing; it can be held up, and told to fail."""

    def __init__(self, make: Callable[..., RunningVariant]) -> None:
        self._make = make
        self.failure: Exception | None = None
        self.launched: list[tuple[str, str]] = []
        self.variants: list[RunningVariant] = []
        self.containers: dict[tuple[str, str], Any] = {}  # by endpoint and config, in the place of an idle one
        self.go = threading.Event()
        self.go.set()

    def fail(self, reason: str) -> None:
        self.failure = ours("sagemaker.container.ContainerError")(reason)

    def launch(
        self, endpoint_name: str, config: dict[str, Any], model_of: Callable[[str], dict[str, Any]]
    ) -> list[RunningVariant]:
        self.launched.append((endpoint_name, config["EndpointConfigName"]))
        assert self.go.wait(WAIT)
        if self.failure is not None:
            raise self.failure
        made = []
        for member in ("ProductionVariants", "ShadowProductionVariants"):
            for shape in config.get(member, []):
                model_of(shape["ModelName"])
                others = {name: value for name, value in shape.items() if name != "VariantName"}
                container = self.containers.get((endpoint_name, config["EndpointConfigName"]))
                made.append(self._make(shape["VariantName"], container, **others))
                made[-1].shadow = member == "ShadowProductionVariants"
                made[-1].asynchronous = "AsyncInferenceConfig" in config
        self.variants += made
        return made


class Hosting:
    """The records of SageMaker hosting with endpoints whose launcher is a fake."""

    def __init__(self, make: Callable[..., RunningVariant]) -> None:
        record_store = ours("sagemaker.resources.ResourceStore")
        self.models = record_store("model", "Model")
        self.configs = record_store("endpoint-config", "EndpointConfig")
        self.store = record_store("endpoint", "Endpoint")
        self.launcher = FakeLauncher(make)
        self.endpoints = self.new_endpoints()
        self.models.add("model", {"ModelName": "model"})
        for name in ("first", "second"):
            self.add_config(name)

    def new_endpoints(self, **more: Any) -> Endpoints:
        """Return what runs the endpoints after a restart of the local AWS: the records are kept, nothing runs."""
        return ours("sagemaker.endpoints.Endpoints")(self.store, self.configs, self.models, self.launcher, **more)

    def add_config(self, name: str, model: str = "model", **members: Any) -> dict[str, Any]:
        variants = [{"VariantName": name, "ModelName": model}]
        config = {"EndpointConfigName": name, "ProductionVariants": variants, **members}
        return self.configs.add(name, config)

    def create(self, name: str = "endpoint", config: str = "first") -> dict[str, Any]:
        request = {"EndpointName": name, "EndpointConfigName": config}
        return self.endpoints.create(request, self.configs.get(config))

    def update(self, name: str = "endpoint", config: str = "second", **members: Any) -> dict[str, Any]:
        request = {"EndpointName": name, "EndpointConfigName": config, **members}
        return self.endpoints.update(request, self.configs.get(config))

    def settled(self, name: str = "endpoint") -> dict[str, Any] | None:
        """Wait until no change is under way, but not for ever."""
        found: list[Any] = []
        scope = contextvars.copy_context()  # the account and region of the caller
        waiting = threading.Thread(
            target=lambda: found.append(scope.run(self.endpoints.wait_until_settled, name)), daemon=True
        )
        waiting.start()
        waiting.join(WAIT)
        assert found, f"{name} is still {self.store.get(name)['EndpointStatus']}"
        return found[0]


@pytest.fixture
def hosting(variant: Callable[..., RunningVariant]) -> Hosting:
    return Hosting(variant)


class Invoker:
    """Sends requests to InvokeEndpoint as a caller of the account 000000000000 does."""

    SIGNATURE = (
        "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/sagemaker/aws4_request,"
        " SignedHeaders=host, Signature=0"
    )

    def __init__(self, endpoints: Any, metrics: Any = None, asynchronous: Any = None) -> None:
        metrics = metrics or ours("sagemaker.metrics.InvocationMetrics")(None)
        middleware = ours("sagemaker.runtime.InvokeEndpoint")
        self._app = middleware(None, endpoints, metrics, None, asynchronous)

    def __call__(
        self, body: bytes = b"{}", name: str = "endpoint", kind: str = "invocations", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        named = {"authorization": self.SIGNATURE, **{k.replace("_", "-"): v for k, v in headers.items()}}
        scope = {
            "type": "http",
            "method": "POST",
            "path": f"/endpoints/{name}/{kind}",
            "headers": [(key.encode(), value.encode()) for key, value in named.items()],
        }
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        asyncio.run(self._app(scope, receive, send))
        answered = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
        return sent[0]["status"], answered, sent[1]["body"]


@pytest.fixture
def invoker() -> type[Invoker]:
    return Invoker


def until(condition: Callable[[], Any]) -> Any:
    """Wait until a condition holds, but not for ever, and return what it gave."""
    deadline = time.monotonic() + WAIT
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.002)
    return found


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], Any]:
    return until


class FakeAlarms:
    """The alarms that roll a deployment back: those that a test lets go off."""

    def __init__(self) -> None:
        self.gone_off: list[str] = []
        self.listeners: list[Callable[[], None]] = []
        self.asked: list[tuple[str, ...]] = []

    def in_alarm(self, names: Any) -> list[str]:
        self.asked.append(tuple(names))
        return [name for name in names if name in self.gone_off]

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def go_off(self, name: str) -> None:
        self.gone_off.append(name)
        for listener in list(self.listeners):
            listener()


@pytest.fixture
def alarms() -> FakeAlarms:
    return FakeAlarms()


class FakeClients:
    """Hands out the clients that a test put in."""

    endpoint_url = "http://127.0.0.1:1"

    def __init__(self, **clients: Any) -> None:
        self.clients = clients

    def client(self, service: str) -> Any:
        return self.clients[service]


@pytest.fixture
def fake_clients() -> type[FakeClients]:
    return FakeClients


@pytest.fixture(scope="session")
def botocore_session() -> Any:
    return botocore.session.get_session()


@pytest.fixture(autouse=True)
def api_models_read_once(botocore_session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Share what botocore has read: SageMaker's API model is large."""
    loader = botocore_session.get_component("data_loader")
    new_session = botocore.session.get_session

    def get_session(*arguments: Any) -> Any:
        session = new_session(*arguments)
        session.register_component("data_loader", loader)
        return session

    monkeypatch.setattr(botocore.session, "get_session", get_session)


@pytest.fixture
def client_error() -> Callable[[str], ClientError]:
    """Make what boto3 raises for an error code of AWS."""
    return lambda code: ClientError({"Error": {"Code": code, "Message": f"{code} it is"}}, "AnOperation")
