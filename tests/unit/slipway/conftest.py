"""A stand-in for the local AWS, boto3 clients with stubs, and the command line in this process and in another."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from slipway import cli
from stacks.settings import EnvironmentSettings, load_environment

SCRIPT = Path(sys.executable).parent / "slipway"
FOLDER_VARIABLE = "SLIPWAY_LOCAL_FOLDER"


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep the user's own AWS out, and what a command sets in this process out of the next test."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers credentials
    before = dict(os.environ)
    for name in list(os.environ):
        # What `stacks` says of Node when it is imported stays, as JSII_NODE does.
        if name.startswith(("AWS_", "CDK_", "SLIPWAY_")) and name != "SLIPWAY_NODE":
            del os.environ[name]
    os.environ.update(
        {
            FOLDER_VARIABLE: str(tmp_path / "local"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "SLIPWAY_ENV_FILE": os.devnull,
        }
    )
    yield
    os.environ.clear()
    os.environ.update(before)


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    status: int
    output: bytes
    errors: str

    @property
    def text(self) -> str:
        return self.output.decode()

    def error(self, status: int = 1) -> str:
        """Return the one line that a user's mistake ends with."""
        assert self.status == status, self
        assert self.output == b""
        assert self.errors.startswith("error: ")
        assert self.errors.count("\n") == 1
        assert "Traceback" not in self.errors
        return self.errors.removeprefix("error: ").rstrip("\n")


@pytest.fixture
def slipway(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Callable[..., Ran]:
    """Run the command line in this process: `slipway("invoke", "linear", "--data", "[1]")`."""

    def run(*arguments: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "argv", ["slipway", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsysbinary.readouterr()
        try:
            cli.main()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        captured = capsysbinary.readouterr()
        return Ran(status, captured.out, captured.err.decode())

    return run


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., Ran]:
    """Run the console script: `script("local", "status", AWS_PROFILE="mine")`."""

    def run(*arguments: str, **variables: str) -> Ran:
        done = subprocess.run(
            [SCRIPT, *arguments],
            env={**os.environ, **variables},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr.decode())

    return run


@dataclass(frozen=True)
class Running:
    """A stand-in for the local AWS that runs."""

    url: str
    pid: int
    pages: dict[str, Any]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Run a stand-in: a process, a page of endpoints, and the file that says so."""
    pages: dict[str, Any] = {"/_slipway/endpoints": [], "/_slipway/operations": []}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(pages[self.path]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Keep the tests' output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    serving.start()
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    ready = {
        "pid": process.pid,
        "started": psutil.Process(process.pid).create_time(),
        "port": server.server_address[1],
        "account": "000000000000",
        "region": "us-east-1",
    }
    folder = tmp_path / "local"
    folder.mkdir()
    (folder / "emulator.json").write_text(json.dumps(ready))
    yield Running(f"http://127.0.0.1:{ready['port']}", process.pid, pages)
    process.kill()
    process.wait()
    server.shutdown()
    server.server_close()
    serving.join()


class StubbedAws:
    """boto3 clients whose answers a test sets; every request is checked against the API model and kept."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self._clients: dict[str, Any] = {}
        self._stubs: dict[str, Stubber] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._clients:
            client = boto3.client(
                service, region_name="us-east-1", aws_access_key_id="0" * 12, aws_secret_access_key="local"
            )
            client.meta.events.register("before-parameter-build", self._keep)
            self._clients[service] = client
            self._stubs[service] = Stubber(client)
            self._stubs[service].activate()
        return self._clients[service]

    def _keep(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.requests.append((model.name, dict(params)))

    def stub(self, service: str) -> Stubber:
        self(service)
        return self._stubs[service]

    def deployed(self, endpoint_name: str | None) -> None:
        """Let the SSM parameter name an endpoint, or be missing."""
        if endpoint_name is None:
            self.stub("ssm").add_client_error("get_parameter", "ParameterNotFound")
        else:
            self.stub("ssm").add_response("get_parameter", {"Parameter": {"Value": endpoint_name}})

    def answers(self, body: bytes, content_type: str = "application/json") -> None:
        """Let the endpoint answer."""
        answer = {
            "Body": StreamingBody(io.BytesIO(body), len(body)),
            "ContentType": content_type,
            "InvokedProductionVariant": "primary",
        }
        self.stub("sagemaker-runtime").add_response("invoke_endpoint", answer)

    def refuses(self, code: str, message: str = "", **members: Any) -> None:
        """Let the endpoint refuse."""
        self.stub("sagemaker-runtime").add_client_error("invoke_endpoint", code, message, modeled_fields=members)


@pytest.fixture
def aws() -> StubbedAws:
    return StubbedAws()


@pytest.fixture
def environment_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., EnvironmentSettings]:
    """Write an environment's file from the text of its endpoints, and read it; commands find it, too."""
    folder = tmp_path / "environments"
    folder.mkdir()
    monkeypatch.setenv("SLIPWAY_ENVIRONMENTS", str(folder))

    def write(
        endpoints: str, name: str = "test", region: str = "us-east-1", more: str = ""
    ) -> EnvironmentSettings:
        text = f'account: "111122223333"\nregion: {region}\n{more}endpoints:\n{endpoints}'
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        return load_environment(name, folder)

    return write
