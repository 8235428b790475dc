"""An endpoint on AWS's Ray Serve container, served on this machine by Ray Serve through the tarball's bridge.

One cluster serves all tests but those of the long run: the handler that answers `/`, the tarballs of the parity
suite as applications beside it, and an application whose model cannot be loaded.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from hypothesis import given, settings

from assets.package import Package
from assets.ray_serve import CONFIG, DEPLOYMENT, RayServeSettings, ray_members
from local_aws.sagemaker.software.ray_serve.adapter import Adapter

# ruff: noqa: TID252 - the cases are the parity suite's own
from ..serving_parity.cases import ATTRIBUTES, CASES, Case, content
from ..serving_parity.packages import digest_of, parity_packages, unpacked
from ..unit.serving.test_fuzz import SEEDED, exchanged, requests, wire
from .process_facts import command_of, listening, lives, name_of
from .ray_endpoint import JSON, Answer, RayEndpoint, ask_http, handler_members, until

pytestmark = pytest.mark.timeout(600)  # the first test makes the environment, and starts the cluster

TIME_LIMIT = 20  # seconds for a request; a busy machine answers late
HEALTH_PERIOD = 1.0  # seconds
BROKEN = "def model_fn(model_dir):\n    raise RuntimeError('there are no such weights')\n"


def application(name: str, folder: Path) -> dict[str, Any]:
    """Return what an unpacked tarball says of its application, for a cluster that has others as well."""
    [found] = yaml.safe_load((folder / CONFIG).read_text())["applications"]
    return {**found, "name": name, "route_prefix": f"/{name}", "import_path": f"of_{name}:build_app"}


def entry_point(folder: Path) -> bytes:
    """Return a module that runs the entry point of an unpacked tarball: those of all have the same name."""
    return f"""
from importlib.util import module_from_spec, spec_from_file_location

spec = spec_from_file_location(__name__, {str(folder / DEPLOYMENT)!r})
module = module_from_spec(spec)
spec.loader.exec_module(module)
build_app = module.build_app
""".encode()


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Package]:
    return parity_packages(tmp_path_factory)


@pytest.fixture(scope="module")
def folders(packages: dict[str, Package], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The unpacked tarballs of the parity suite, and a model that cannot be loaded."""
    made = unpacked(packages, tmp_path_factory.mktemp("parity"))
    broken = made["defaults"].with_name("broken")
    shutil.copytree(made["defaults"], broken)
    (broken / "code/inference.py").write_text(BROKEN)
    return {**made, "broken": broken}


@pytest.fixture(scope="module")
def endpoint(machine: Any, folders: dict[str, Path]) -> Iterator[RayEndpoint]:
    limits = RayServeSettings(max_ongoing_requests=2, max_queued_requests=1, health_check_period_s=HEALTH_PERIOD)
    members = {**ray_members(limits), **handler_members(request_timeout=TIME_LIMIT, batch={"max_size": 1})}
    config = yaml.safe_load(members["config.yaml"])
    # without effect in the container, where `serve start` runs first
    config["http_options"] = {"host": "127.0.0.2", "port": 1, "request_timeout_s": 0.001}
    config["applications"] += [application(name, folder) for name, folder in folders.items()]
    members |= {f"of_{name}.py": entry_point(folder) for name, folder in folders.items()}
    members["config.yaml"] = yaml.safe_dump(config).encode()
    made = RayEndpoint(machine, "ray-tests")
    made.create(members)
    settled = made.settled()
    assert settled["EndpointStatus"] == "InService", settled.get("FailureReason")
    # with the first route of several, /ping is healthy
    port, wanted = made.serve_port, {"/", *(f"/{name}" for name in folders if name != "broken")}
    until(lambda: wanted <= ask_http(port, "GET", "/-/routes").json.keys())
    yield made
    if machine.client("sagemaker").list_endpoints(NameContains=made.name)["Endpoints"]:
        made.delete()


def replica(endpoint: RayEndpoint) -> int | None:
    """Return the process id of the replica that answers, None while there is none."""
    answer = endpoint.ask("who")
    return int(answer.json["pid"]) if answer.status == 200 else None


def test_invoke_endpoint_is_answered_by_ray_serve(endpoint: RayEndpoint):
    runtime = endpoint.machine.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(EndpointName=endpoint.name, Body=b'{"do": "who"}')
    pid = json.load(answer["Body"])["pid"]

    assert psutil.Process(pid).name().startswith("ray::ServeReplica")
    assert "Started Serve in namespace" in until(endpoint.log)
    [status] = [e for e in endpoint.machine.status()["endpoints"] if e["name"] == endpoint.name]
    assert status["variants"][0]["note"] is None


def test_a_handlers_own_modules_and_the_standard_librarys_are_not_hidden(endpoint: RayEndpoint):
    told = endpoint.ask("who").json
    assert (told["own"], told["pdb"]) == ("the handler's", True)


def test_a_route_is_made_only_for_a_model_that_can_be_loaded(endpoint: RayEndpoint, folders: dict[str, Path]):
    until(lambda: endpoint.log().count('"event": "start_failed"') >= 4)  # Ray Serve tries four times

    wanted = {"/", *(f"/{name}" for name in folders if name != "broken")}
    assert ask_http(endpoint.serve_port, "GET", "/-/routes").json.keys() == wanted
    assert "there are no such weights" in endpoint.log()


@pytest.mark.parametrize(
    ("do", "status", "error", "reason"),
    [
        ("raise", 500, "ModelError", "first line"),
        ("refuse", 400, "BadRequest", "ask for something else"),
    ],
)
def test_an_error_is_one_line_of_json(endpoint: RayEndpoint, do: str, status: int, error: str, reason: str):
    answer = endpoint.ask(do)

    assert (answer.status, answer.headers["content-type"]) == (status, "application/json")
    assert answer.json["error"] == error
    assert reason in answer.json["reason"]
    assert "second line" not in answer.body.decode()
    assert "Traceback" not in answer.body.decode()
    until(lambda: answer.json["request_id"] in endpoint.log())


def test_the_traceback_is_in_the_log(endpoint: RayEndpoint):
    endpoint.ask("raise")
    until(lambda: "the second line of the traceback" in endpoint.log())


def test_status_and_sagemakers_headers_are_passed_through(endpoint: RayEndpoint):
    answer = endpoint.ask("headers", {"X-Amzn-SageMaker-Custom-Attributes": "mine", "X-Secret": "no"})

    assert answer.status == 202
    assert answer.headers["x-amzn-sagemaker-custom-attributes"] == "mine"
    assert answer.json["x-amzn-sagemaker-custom-attributes"] == "mine"
    assert "x-secret" not in answer.json


def test_text_gains_a_charset(endpoint: RayEndpoint):
    answer = endpoint.ask("numbers", {"Accept": "text/csv"})
    assert (answer.headers["content-type"], answer.body) == ("text/csv; charset=utf-8", b"1.5,2.0\n")


def test_ray_listens_on_loopback_but_for_the_replicas_internal_port(endpoint: RayEndpoint):
    addresses = [
        (name_of(process), address.ip) for process in endpoint.processes() for address in listening(process)
    ]
    others = [(name, ip) for name, ip in addresses if not name.startswith("ray::ServeRep")]
    assert others
    assert [one for one in others if one[1] not in {"127.0.0.1", "::1", "::ffff:127.0.0.1"}] == []


def parity_answer(endpoint: RayEndpoint, case: Case) -> Answer:
    """Send a case through an adapter in front of the application of its model."""
    adapter = Adapter(f"http://127.0.0.1:{endpoint.serve_port}/{case.model}", 60)
    headers = [(name.encode(), value.encode()) for name, value in case.headers.items()]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": case.body}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/invocations", "method": "POST", "headers": headers}
    asyncio.run(adapter(scope, receive, send))
    named = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], named, sent[1]["body"])


def test_whatever_a_client_sends_is_no_fault_of_the_servers(endpoint: RayEndpoint):
    """A few of the soak's requests and of those that the slim server gets, to a model without a handler."""
    port = endpoint.serve_port
    [valid] = [case for case in CASES if case.name == "reads JSON"]

    @settings(max_examples=40, **SEEDED)
    @given(requests)
    def run(request: dict[str, Any]) -> None:
        sent, whole = wire({**request, "path": "/defaults"})
        answer = exchanged(port, sent, whole=whole)
        assert not whole or int(answer.split(b" ", 2)[1]) < 500, answer

    run()
    assert content(parity_answer(endpoint, valid).body, JSON) == valid.expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_parity(endpoint: RayEndpoint, case: Case):
    answer = parity_answer(endpoint, case)
    content_type = answer.headers["content-type"]

    assert answer.status == case.status, answer.body
    if case.content_type is not None:
        assert content_type.partition(";")[0] == case.content_type
    if case.expected is not None:
        assert content(answer.body, content_type) == case.expected
    if case.status >= 400 and case.headers.get(ATTRIBUTES) != "status":
        assert answer.json.keys() == {"error", "reason", "request_id"}


def test_it_has_answered_from_the_tarballs_that_the_other_servers_have(
    endpoint: RayEndpoint, packages: dict[str, Package], folders: dict[str, Path]
):
    software = {name: content for name, content in ray_members(RayServeSettings()).items() if name != CONFIG}
    for name, packed in packages.items():
        assert digest_of(folders[name]) == packed.digest
        # applications of one cluster share the software: that of the endpoint's own tarball
        assert all((folders[name] / member).read_bytes() == content for member, content in software.items())


@pytest.mark.soak  # half a minute of waiting for limits and replicas
def test_what_the_queue_cannot_hold_is_refused(endpoint: RayEndpoint, tmp_path: Path):
    release = tmp_path / "release"
    answers: list[Answer] = []

    def hold() -> None:
        answers.append(endpoint.ask("hold", begun=str(tmp_path / "begun"), until=str(release)))

    threads = [threading.Thread(target=hold) for _ in range(8)]
    for thread in threads:
        thread.start()
    until(lambda: len(answers) >= 5)  # two are in the replica, one waits for it
    release.touch()
    for thread in threads:
        thread.join()

    assert sorted(answer.status for answer in answers) == [200] * 3 + [503] * 5


@pytest.mark.soak  # half a minute of waiting for limits and replicas
def test_a_replica_that_is_killed_fails_what_it_had_and_is_replaced(endpoint: RayEndpoint, tmp_path: Path):
    answers: list[Answer] = []
    pid = until(lambda: replica(endpoint))
    begun, never = tmp_path / "begun", tmp_path / "never"
    thread = threading.Thread(
        target=lambda: answers.append(endpoint.ask("hold", begun=str(begun), until=str(never)))
    )
    thread.start()
    until(begun.exists)
    psutil.Process(pid).send_signal(signal.SIGKILL)
    thread.join()

    assert answers[0].status in {500, 503}
    assert until(lambda: replica(endpoint)) != pid


@pytest.mark.soak  # half a minute of waiting for limits and replicas
def test_a_prediction_that_never_ends_is_answered_in_time_and_its_replica_replaced(
    endpoint: RayEndpoint, tmp_path: Path
):
    pid = until(lambda: replica(endpoint))
    answer = endpoint.ask("hold", begun=str(tmp_path / "begun"), until=str(tmp_path / "never"))

    assert (answer.status, answer.json["error"]) == (504, "PredictionTimeout")
    assert until(lambda: replica(endpoint)) != pid


def test_nothing_is_left_of_a_deleted_endpoint(endpoint: RayEndpoint):
    processes, pid = endpoint.processes(), endpoint.pid
    assert len(processes) > 5
    scratch = {path for process in processes for path in scratch_of(process)}
    assert len(scratch) == 1
    endpoint.delete()

    assert not [process for process in processes if lives(process)]
    assert not psutil.pid_exists(pid)
    assert not any(path.exists() for path in scratch)


def scratch_of(process: psutil.Process) -> list[Path]:
    """Return the folder of Ray's sockets, as often as the arguments of a process name it."""
    found = re.findall(r"=(/[^=\s]*slipway-ray-\d+/\d+-\d+)", command_of(process))
    return [Path(path) for path in found]
