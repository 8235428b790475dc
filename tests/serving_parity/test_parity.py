"""The parity suite on direct calls of the handler and on the slim server."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.core.handler import Handler
from serving.core.messages import Request
from serving.core.responder import Responder
from serving.core.settings import read_settings

from .cases import ATTRIBUTES, CASES, Case, content
from .directories import make_directories

ROOT = Path(__file__).resolve().parents[2]

Answer = tuple[int, str, bytes]
Invoke = Callable[[Case], Answer]


@pytest.fixture(scope="module")
def directories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return make_directories(tmp_path_factory.mktemp("parity"))


@pytest.fixture(scope="module")
def direct(directories: dict[str, Path]) -> Iterator[Invoke]:
    """Call the handler in this process."""
    responders: dict[str, Responder] = {}
    for name, folder in directories.items():
        sys.modules.pop("inference", None)
        responders[name] = Responder(Handler(read_settings(folder, {})))

    def invoke(case: Case) -> Answer:
        request = Request(case.body, {name.lower(): value for name, value in case.headers.items()})
        ((_, answer),) = responders[case.directory].respond([request])
        return answer.status, answer.content_type, answer.body

    path = [*sys.path]
    yield invoke
    sys.modules.pop("inference", None)
    sys.path[:] = [folder for folder in path if "/parity" not in folder]


@pytest.fixture(scope="module")
def slim(directories: dict[str, Path]) -> Iterator[Invoke]:
    """Ask slim servers, one for each directory."""
    processes = {name: _started(folder) for name, folder in directories.items()}
    try:
        ports = {name: _port(process) for name, process in processes.items()}
        yield lambda case: _asked(ports[case.directory], case)
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            process.communicate()


def _started(folder: Path) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SAGEMAKER_")}
    return subprocess.Popen(
        [sys.executable, "-m", "serving", "--model-dir", str(folder), "--port", "0"],
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def _port(process: subprocess.Popen[str]) -> int:
    for line in iter(process.stdout.readline, ""):
        if (event := json.loads(line))["event"] == "ready":
            return int(event["port"])
    pytest.fail("the server ended before it was ready")


def _asked(port: int, case: Case) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", "/invocations", case.body, case.headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("content-type", ""), answer.read()
    finally:
        connection.close()


def check(case: Case, answer: Answer) -> None:
    """Compare an answer with what the case expects."""
    status, content_type, body = answer
    assert status == case.status, body
    if case.content_type is not None:
        assert content_type.partition(";")[0] == case.content_type
    if case.expected is not None:
        assert content(body, content_type) == case.expected
    if status >= 400 and case.headers.get(ATTRIBUTES) != "status":
        refusal: dict[str, Any] = json.loads(body)
        assert refusal.keys() == {"error", "reason", "request_id"}
        assert "Traceback" not in refusal["reason"]


def test_the_suite_has_at_least_60_cases_with_names_of_their_own():
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_direct_calls(direct: Invoke, case: Case):
    check(case, direct(case))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_slim_server(slim: Invoke, direct: Invoke, case: Case):
    answer = slim(case)
    check(case, answer)
    if case.status < 400:
        assert answer == direct(case)
