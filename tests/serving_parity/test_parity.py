"""The parity suite on direct calls of the handler, on the slim server and on TorchServe with the toolkit.

Each of them has the same tarballs, unpacked into folders of its own.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assets.package import Package
from serving.core.handler import Handler
from serving.core.messages import Request
from serving.core.responder import Responder
from serving.core.settings import read_settings

from .cases import ATTRIBUTES, CASES, Case, content
from .differences import DIFFERENCES
from .packages import digest_of, parity_packages, unpacked

ROOT = Path(__file__).resolve().parents[2]

Answer = tuple[int, str, bytes]


@dataclass(frozen=True)
class Served:
    """The unpacked tarballs behind a server, or several, by their names, and what sends a case there."""

    folders: Mapping[str, Path]
    ask: Callable[[Case], Answer]

    def __call__(self, case: Case) -> Answer:
        return self.ask(case)


Unpack = Callable[[], dict[str, Path]]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Package]:
    return parity_packages(tmp_path_factory)


@pytest.fixture(scope="module")
def unpack(packages: dict[str, Package], tmp_path_factory: pytest.TempPathFactory) -> Unpack:
    return lambda: unpacked(packages, tmp_path_factory.mktemp("parity"))


@pytest.fixture(scope="module")
def direct(unpack: Unpack) -> Iterator[Served]:
    """Call the handler in this process."""
    responders: dict[str, Responder] = {}
    folders = unpack()
    for name, folder in folders.items():
        sys.modules.pop("inference", None)
        responders[name] = Responder(Handler(read_settings(folder, {})))

    def ask(case: Case) -> Answer:
        request = Request(case.body, {name.lower(): value for name, value in case.headers.items()})
        ((_, answer),) = responders[case.model].respond([request])
        return answer.status, answer.content_type, answer.body

    path = [*sys.path]
    yield Served(folders, ask)
    sys.modules.pop("inference", None)
    sys.path[:] = [folder for folder in path if "/parity" not in folder]


@pytest.fixture(scope="module")
def slim(unpack: Unpack) -> Iterator[Served]:
    """Ask slim servers, one for each tarball."""
    with _serving("serving", unpack()) as served:
        yield served


@pytest.fixture(scope="module")
def torchserve(unpack: Unpack) -> Iterator[Served]:
    """Ask TorchServe with the toolkit, one for each tarball; its environment is made on first use."""
    with _serving("benchmarks.torchserve", unpack()) as served:
        yield served


@contextlib.contextmanager
def _serving(module: str, folders: dict[str, Path]) -> Iterator[Served]:
    processes = {name: _started(module, folder) for name, folder in folders.items()}
    try:
        ports = {name: _port(process) for name, process in processes.items()}
        yield Served(folders, lambda case: _asked(ports[case.model], case))
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            process.communicate()


def _started(module: str, folder: Path) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SAGEMAKER_")}
    return subprocess.Popen(
        [sys.executable, "-m", module, "--model-dir", str(folder), "--port", "0"],
        cwd=ROOT,
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
def test_direct_calls(direct: Served, case: Case):
    check(case, direct(case))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_slim_server(slim: Served, direct: Served, case: Case):
    answer = slim(case)
    check(case, answer)
    if case.status < 400:
        assert answer == direct(case)


@pytest.mark.soak  # TorchServe takes 400 MB of packages, and some ten seconds to start
@pytest.mark.timeout(900)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_torchserve_answers_the_same_but_for_the_differences(torchserve: Served, direct: Served, case: Case):
    ours, theirs = direct(case), torchserve(case)
    assert is_same(case, ours, theirs) == (not case.differs), (ours, theirs)


TORCHSERVE = pytest.param("torchserve", marks=[pytest.mark.soak, pytest.mark.timeout(900)])


@pytest.mark.parametrize("server", ["direct", "slim", TORCHSERVE])
def test_each_has_answered_from_the_same_tarballs(
    packages: dict[str, Package], server: str, request: pytest.FixtureRequest
):
    folders = request.getfixturevalue(server).folders
    assert {name: digest_of(folder) for name, folder in folders.items()} == {
        name: packed.digest for name, packed in packages.items()
    }


def test_a_folder_that_differs_from_its_tarball_is_found(unpack: Unpack):
    first, second, third = unpack().values()
    (first / "code/inference.py").write_text("# another one\n")
    (second / "more.py").touch()
    (third / "model.pt").unlink()
    for folder in (first, second, third):
        with pytest.raises(AssertionError):
            digest_of(folder)


def is_same(case: Case, ours: Answer, theirs: Answer) -> bool:
    """Whether two servers answered the same: the status class and, of a good answer, the type and the content."""
    if ours[0] // 100 != theirs[0] // 100:
        return False
    if case.status >= 400:
        return True
    if case.content_type is not None and theirs[1] != ours[1]:
        return False
    try:
        return bool(content(theirs[2], theirs[1]) == content(ours[2], ours[1]))
    except (ValueError, AttributeError):  # no JSON, CSV or NPY, whatever the type says
        return ours[2] == theirs[2]


def test_the_table_of_the_documentation_is_the_list_of_differences():
    text = (ROOT / "docs/serving.md").read_text()
    table = text[text.index("| Case | AWS PyTorch container | Ours | Why |") :].splitlines()[2:]
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table if line.startswith("|")]
    assert rows == [(row.case, row.aws_pytorch, row.ours, row.why) for row in DIFFERENCES.values()]


def test_every_case_that_differs_says_by_which_difference():
    assert {case.differs for case in CASES if case.differs} <= DIFFERENCES.keys()


def test_a_case_that_should_differ_but_does_not_is_found():
    case = Case("reads", "defaults", b"", status=200, content_type="application/json")
    assert is_same(case, (200, "application/json", b"[1.0]"), (200, "application/json", b"[ 1.0 ]"))
    assert not is_same(case, (200, "application/json", b"[1.0]"), (200, "application/json", b"PK"))
    assert not is_same(case, (200, "application/json", b"[1.0]"), (500, "application/json", b"[1.0]"))
