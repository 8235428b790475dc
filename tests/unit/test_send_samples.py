"""tools/send_samples.py: a container is right when it gives the answers that the samples expect."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from assets.checkout import ROOT
from assets.model_folder import find_model
from assets.samples import load_samples

SAMPLES = {sample.body: sample for sample in load_samples(find_model("linear"))}


class Container(ThreadingHTTPServer):
    """Answers as the samples expect, where it is told to be right."""

    def __init__(self, *, status: int, is_right: bool) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.status, self.is_right = status, is_right


class Answer(BaseHTTPRequestHandler):
    server: Container

    def do_POST(self) -> None:
        sample = SAMPLES[self.rfile.read(int(self.headers["Content-Length"]))]
        body = sample.expected if self.server.is_right else b"[[0.5]]"
        assert body
        self.send_response(self.server.status)
        self.send_header("Content-Type", sample.accept)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def container(request: pytest.FixtureRequest) -> Iterator[Container]:
    server = Container(**request.param)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def send_samples(port: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "tools/send_samples.py", "linear", str(port)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("container", [{"status": 200, "is_right": True}], indirect=True)
def test_expected_answers_are_all_right(container: Container) -> None:
    sent = send_samples(container.server_address[1])
    assert sent.returncode == 0, sent.stderr
    assert sent.stdout.splitlines() == [f"{sample.name}: ok" for sample in SAMPLES.values()]


@pytest.mark.parametrize(
    "container", [{"status": 200, "is_right": False}, {"status": 500, "is_right": True}], indirect=True
)
def test_other_answers_fail(container: Container) -> None:
    sent = send_samples(container.server_address[1])
    assert sent.returncode == 1, sent.stderr
    assert len(sent.stdout.splitlines()) == len(SAMPLES)
    assert ": ok" not in sent.stdout


def test_no_answer_fails() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.server_close()
    assert send_samples(server.server_address[1]).returncode == 1
