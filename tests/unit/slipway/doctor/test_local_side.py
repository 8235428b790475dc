"""The local AWS: that it runs, that its endpoints do, or that its port is free."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from slipway.doctor import local_side
from slipway.doctor.local_side import local_findings, port_finding
from slipway.environments import load


@pytest.fixture
def taken() -> Iterator[int]:
    """Have a port that another program listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.fixture
def free(taken: int) -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_port_that_another_program_has_is_wrong(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLIPWAY_LOCAL_PORT", str(taken))
    found = port_finding()
    assert found.state == "wrong"
    assert f"127.0.0.1:{taken} cannot be used" in found.what
    assert "--port" in found.mend


def test_a_free_port_is_fine(free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLIPWAY_LOCAL_PORT", str(free))
    assert port_finding().state == "ok"


@pytest.mark.parametrize("text", ["http", "70000"])
def test_what_is_no_port_is_wrong(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLIPWAY_LOCAL_PORT", text)
    assert port_finding().state == "wrong"


def test_one_that_does_not_run_needs_its_port(free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLIPWAY_LOCAL_PORT", str(free))
    found = {finding.check: finding.state for finding in local_findings(load("local"))}
    assert found == {"local AWS": "ok", "port": "ok"}


@pytest.mark.parametrize(("done", "state"), [(True, "ok"), (False, "warning")])
def test_one_that_runs_is_shown_with_its_bootstrap(
    running: Any, monkeypatch: pytest.MonkeyPatch, done: bool, state: str
) -> None:
    def is_bootstrapped(variables: dict[str, str]) -> bool:
        assert variables["AWS_ENDPOINT_URL"] == running.url
        return done

    monkeypatch.setattr(local_side, "is_bootstrapped", is_bootstrapped)
    found = {finding.check: finding for finding in local_findings(load("local"))}
    assert (found["local AWS"].state, found["bootstrap"].state) == ("ok", state)
    assert running.url in found["local AWS"].what
    assert "AWS_ENDPOINT_URL" not in os.environ


def test_a_failed_endpoint_is_a_warning(running: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_side, "is_bootstrapped", lambda _variables: True)
    running.pages["/_slipway/endpoints"] = [
        {"name": "a", "status": "Failed"},
        {"name": "b", "status": "InService"},
    ]
    found = next(iter(local_findings(load("local"))))
    assert found.state == "warning"
    assert found.what.endswith("endpoints: 2, failed: a")


def test_one_that_does_not_answer_is_wrong(running: Any) -> None:
    del running.pages["/_slipway/endpoints"]
    (found,) = local_findings(load("local"))
    assert found.state == "wrong"
    assert "slipway local up" in found.mend
