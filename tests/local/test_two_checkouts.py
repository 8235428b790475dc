"""Two local AWS at the same time, as two checkouts have them: each with its own folder and port."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator

import pytest

ROW = json.dumps([[1.0] * 10])


@pytest.fixture
def pair(own_project, tmp_path) -> Iterator[tuple]:
    """The same project, with other weights, on two machines that both run."""
    first = own_project.machine
    second = type(first)(tmp_path / "second machine")
    second.slipway("local", "up")
    other = type(own_project)(second, tmp_path / "other project", own_project.name)
    shutil.copytree(own_project.model, other.model)
    model = other.model / "model.py"
    model.write_text(model.read_text().replace("manual_seed(0)", "manual_seed(1)"))
    other.write()
    yield own_project, other
    second.slipway("local", "down", "--purge")
    assert not second.processes()


def at_once(*actions) -> None:
    failures: list[BaseException] = []

    def run(action) -> None:
        try:
            action()
        except BaseException as failure:  # noqa: BLE001 - shown by the test
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def answer(project) -> list[list[float]]:
    return json.loads(project.slipway("invoke", "scores", "--data", ROW).stdout)


def test_a_project_of_one_name_is_deployed_answers_and_goes_on_each_alone(pair):
    one, other = pair
    at_once(one.deploy, other.deploy)
    answers = answer(one), answer(other)
    assert answers[0] != answers[1]
    pids = [[v["pid"] for e in p.machine.status()["endpoints"] for v in e["variants"]] for p in pair]
    assert len(pids[0]) == len(pids[1]) == 1
    assert pids[0] != pids[1]

    at_once(one.destroy, lambda: [answer(other) for _ in range(3)])

    assert one.machine.status()["endpoints"] == []
    assert answer(other) == answers[1]
    one.machine.slipway("local", "down")
    assert answer(other) == answers[1]
    other.machine.slipway("local", "down")
    other.machine.slipway("local", "up")
    assert answer(other) == answers[1]
