"""When the state is saved while the local AWS runs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from local_aws import state_saver
from local_aws.state_saver import StateSaver


@pytest.fixture
def saves(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    made: list[str] = []
    monkeypatch.setattr(state_saver, "_DELAY", 0.01)
    monkeypatch.setattr(state_saver.seam, "save_state", lambda: made.append("saved"))
    return made


def send(*methods: str, kind: str = "http", path: str = "/") -> list[str]:
    """Send requests one after the other and return which ones the application got."""
    got: list[str] = []

    async def app(scope: dict[str, Any], *_: Any) -> None:
        got.append(scope.get("method", scope["type"]))

    async def run() -> None:
        saver = StateSaver(app)
        for method in methods:
            scope = {"type": kind, "method": method, "path": path} if kind == "http" else {"type": kind}
            await saver(scope, None, None)
        await asyncio.sleep(0.03)  # what was planned has run after it

    asyncio.run(run())
    return got


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_request_that_may_change_something_is_saved(saves: list[str], method: str) -> None:
    assert send(method) == [method]
    assert saves == ["saved"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_one_that_only_reads_is_not(saves: list[str], method: str) -> None:
    assert send(method) == [method]
    assert saves == []


def test_requests_at_the_same_time_are_saved_once(saves: list[str]) -> None:
    send("POST", "PUT", "GET", "POST")

    assert saves == ["saved"]


def test_metrics_are_saved_with_the_next_change_only(saves: list[str]) -> None:
    assert send("POST", path="/service/GraniteServiceVersion20100801/operation/PutMetricData") == ["POST"]
    assert saves == []


def test_the_start_of_the_server_is_passed_on_and_not_saved(saves: list[str]) -> None:
    assert send("", kind="lifespan") == ["lifespan"]
    assert saves == []


def test_what_has_to_be_kept_is_saved_before_the_answer_and_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    happened: list[str] = []
    monkeypatch.setattr(state_saver, "_DELAY", 0.01)
    monkeypatch.setattr(state_saver.seam, "save_state", lambda: happened.append("saved"))

    async def answer(message: dict[str, Any]) -> None:
        happened.append(message["type"])

    async def app(_scope: dict[str, Any], _receive: Any, send_: Any) -> None:
        saver.plan()  # something else changed a moment before
        await asyncio.sleep(0)
        saver.save_before_answer()
        for part in ("start", "body"):
            await send_({"type": f"http.response.{part}"})

    saver = StateSaver(app)

    async def run() -> None:
        for method in ("GET", "GET"):
            await saver({"type": "http", "method": method, "path": "/"}, None, answer)
        await asyncio.sleep(0.03)

    asyncio.run(run())

    assert happened == ["saved", "http.response.start", "http.response.body"] * 2
