"""`slipway local`: status, logs, down and up, with a stand-in for the local AWS."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from slipway.commands import local as local_module

NOT_RUNNING = "AWS on this machine is not running. Start it with: slipway local up"
PAGE = [
    {
        "name": "slipway-local-linear-serverless",
        "status": "InService",
        "failure_reason": None,
        "account": "000000000000",
        "region": "us-east-1",
        "variants": [{"name": "primary", "pid": 4242, "url": "http://127.0.0.1:1", "note": "another server"}],
    },
    {
        "name": "slipway-local-broken-serverless",
        "status": "Failed",
        "failure_reason": "no model.pt",
        "account": "000000000000",
        "region": "us-east-1",
        "variants": [],
    },
]


def make_strict(folder: Path) -> None:
    """Let the stand-in say that it runs in strict mode; its pages cannot be asked for then."""
    path = folder / "local" / "emulator.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "authority": str(folder / "authority.pem")}))


class TestStatus:
    def test_nothing_runs(self, slipway: Callable[..., Any]) -> None:
        ran = slipway("local", "status")

        assert (ran.status, ran.text) == (0, f"{NOT_RUNNING}\n")

    def test_nothing_runs_for_another_program(self, slipway: Callable[..., Any]) -> None:
        assert json.loads(slipway("local", "status", "--json").output) == {"running": None, "endpoints": []}

    def test_it_runs_without_endpoints(self, slipway: Callable[..., Any], running: Any) -> None:
        lines = slipway("local", "status").text.splitlines()

        assert lines == [
            f"AWS on this machine answers at {running.url} (process {running.pid})",
            "No SageMaker endpoint is deployed.",
        ]

    def test_endpoints_are_shown_with_their_processes_and_reasons(
        self, slipway: Callable[..., Any], running: Any
    ) -> None:
        running.pages["/_slipway/endpoints"] = PAGE

        text = slipway("local", "status").text

        assert "primary: 4242" in text
        assert "slipway-local-linear-serverless: another server" in text
        assert "slipway-local-broken-serverless: no model.pt" in text

    def test_endpoints_for_another_program(self, slipway: Callable[..., Any], running: Any) -> None:
        running.pages["/_slipway/endpoints"] = PAGE

        shown = json.loads(slipway("local", "status", "--json").output)

        ours = {"url": running.url, "pid": running.pid, "strict": False}
        assert shown == {"running": ours, "endpoints": PAGE}


class TestDown:
    @pytest.mark.parametrize(
        ("options", "state"), [([], "its state is kept"), (["--purge"], "its state is removed")]
    )
    def test_nothing_runs(self, slipway: Callable[..., Any], options: list[str], state: str) -> None:
        ran = slipway("local", "down", *options)

        assert (ran.status, ran.text) == (0, f"AWS on this machine was not running; {state}\n")

    def test_it_is_stopped(self, slipway: Callable[..., Any], running: Any) -> None:
        ran = slipway("local", "down")

        assert ran.text == "AWS on this machine is stopped; its state is kept\n"
        assert not psutil.pid_exists(running.pid)


class TestUp:
    def test_a_port_in_use_is_one_line(self, slipway: Callable[..., Any]) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]

            ran = slipway("local", "up", "--port", str(port))

        assert ran.status == 1
        *progress, message = ran.errors.splitlines()
        assert progress == [f"starting AWS on this machine, port {port}"]
        assert f"Port {port}" in message
        assert f"slipway local up --port {port + 1}" in message

    @pytest.mark.usefixtures("running")
    def test_one_that_runs_is_kept_when_no_port_is_given(self, slipway: Callable[..., Any]) -> None:
        assert slipway("local", "up", "--no-bootstrap").status == 0

    @pytest.mark.parametrize("variables", [{}, {"SLIPWAY_LOCAL_PORT": "4566"}], ids=["option", "variable"])
    def test_one_that_runs_elsewhere_is_not_taken_for_the_port_that_is_given(
        self,
        slipway: Callable[..., Any],
        running: Any,
        monkeypatch: pytest.MonkeyPatch,
        variables: dict[str, str],
    ) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        options = () if variables else ("--port", "4566")

        message = slipway("local", "up", "--no-bootstrap", *options).error()

        assert f"already runs on port {running.url.rpartition(':')[2]}" in message
        assert "slipway local up --port 4566" in message

    @pytest.mark.usefixtures("running")
    def test_strict_mode_is_not_taken_for_granted(self, slipway: Callable[..., Any]) -> None:
        message = slipway("local", "up", "--strict", "--no-bootstrap").error()

        assert "already runs, and not in strict mode" in message
        assert "slipway local down && slipway local up --strict" in message

    def test_strict_mode_is_not_left_by_the_way(
        self, slipway: Callable[..., Any], running: Any, tmp_path: Path
    ) -> None:
        make_strict(tmp_path)

        ran = slipway("local", "up", "--no-bootstrap")

        assert ran.status == 0
        assert ran.errors == (
            "AWS on this machine runs in strict mode."
            " To leave it, with its state kept: slipway local down && slipway local up\n"
        )
        assert ran.text.endswith(f"(process {running.pid}), in strict mode\n")
        assert slipway("local", "up", "--strict", "--no-bootstrap").errors == ""

    def test_strict_mode_is_explained(self, slipway: Callable[..., Any]) -> None:
        assert "IAM" in slipway("local", "up", "--help").text

    @pytest.mark.parametrize("port", ["0", "65536", "-1"])
    def test_what_is_no_port_is_refused(self, slipway: Callable[..., Any], port: str) -> None:
        ran = slipway("local", "up", "--port", port)

        assert ran.status != 0
        assert port in ran.errors.splitlines()[-1] or ran.status == 2  # a usage error, which is framed
        assert "Traceback" not in ran.errors
        assert slipway("local", "down", "--purge").text.startswith("AWS on this machine was not running")


class Logs:
    """A client of CloudWatch Logs with some log groups."""

    def __init__(self, groups: dict[str, list[str]]) -> None:
        self._groups = groups

    def describe_log_groups(self, **request: str) -> dict[str, Any]:
        prefix = request["logGroupNamePrefix"]
        return {"logGroups": [{"logGroupName": name} for name in self._groups if name.startswith(prefix)]}

    def get_paginator(self, _operation: str) -> Logs:
        return self

    def paginate(self, **request: str) -> list[dict[str, Any]]:
        events = [
            {"timestamp": index, "message": message}
            for index, message in enumerate(self._groups[request["logGroupName"]])
        ]
        return [{"events": events[1::2]}, {"events": events[::2]}]


class TestLogs:
    @pytest.fixture
    def groups(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        monkeypatch.setattr(local_module, "connect_to_local_aws", lambda settings: lambda service: Logs(found))
        return found

    def test_the_newest_lines_come_in_order(self, slipway: Callable[..., Any], groups: Any) -> None:
        name = "/aws/sagemaker/Endpoints/slipway-local-linear-serverless"
        groups[name] = [f"line {index}" for index in range(10)]

        ran = slipway("local", "logs", "linear", "--lines", "3")

        assert ran.text.splitlines() == ["line 7", "line 8", "line 9"]
        assert ran.errors == f"==> {name}\n"

    def test_another_environments_endpoint_is_found(self, slipway: Callable[..., Any], groups: Any) -> None:
        groups["/aws/sagemaker/Endpoints/slipway-staging-linear-real-time"] = ["of staging"]
        groups["/aws/sagemaker/Endpoints/slipway-local-linear-serverless"] = ["of local"]

        assert slipway("local", "logs", "linear", "--env", "staging").text == "of staging\n"
        assert slipway("local", "logs", "--env", "staging").text == "of staging\n"
        assert slipway("local", "logs", "linear").text == "of local\n"
        assert "in environment dev" in slipway("local", "logs", "linear", "--env", "dev").error()

    def test_an_endpoint_that_is_not_deployed_is_named(self, slipway: Callable[..., Any], groups: Any) -> None:
        message = slipway("local", "logs", "linear").error()

        assert "'linear'" in message
        assert "not deployed" in message

    def test_without_an_endpoint_nothing_deployed_is_no_error(
        self, slipway: Callable[..., Any], groups: Any
    ) -> None:
        assert slipway("local", "logs").status == 0

    def test_another_endpoint_whose_name_starts_alike_is_not_shown(
        self, slipway: Callable[..., Any], groups: Any
    ) -> None:
        groups["/aws/sagemaker/Endpoints/slipway-local-linear-serverless"] = ["mine"]
        groups["/aws/sagemaker/Endpoints/slipway-local-linear-two-serverless"] = ["another's"]

        assert slipway("local", "logs", "linear").text == "mine\n"

    def test_an_endpoint_whose_name_says_its_instance_type_is_shown(
        self, slipway: Callable[..., Any], groups: Any
    ) -> None:
        groups["/aws/sagemaker/Endpoints/slipway-local-linear-real-time-c7i-large"] = ["scaled"]

        assert slipway("local", "logs", "linear").text == "scaled\n"

    @pytest.mark.parametrize("lines", ["0", "-1"])
    def test_a_number_of_lines_below_one_shows_none(
        self, slipway: Callable[..., Any], groups: Any, lines: str
    ) -> None:
        groups["/aws/sagemaker/Endpoints/slipway-local-linear-serverless"] = ["one", "two", "three"]

        assert slipway("local", "logs", "linear", "--lines", lines).text == ""

    def test_nothing_runs(self, slipway: Callable[..., Any]) -> None:
        assert slipway("local", "logs").error() == NOT_RUNNING


def test_the_folder_of_the_state_can_be_chosen(
    slipway: Callable[..., Any], running: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert str(running.pid) in slipway("local", "status").text
    monkeypatch.setenv("SLIPWAY_LOCAL_FOLDER", str(tmp_path / "another"))

    assert slipway("local", "status").text == f"{NOT_RUNNING}\n"
