"""A container that ends by itself is started again, until it is stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, cast

import pytest
from botocore.exceptions import EndpointConnectionError

from local_aws.sagemaker import supervision
from local_aws.sagemaker.container import Container, ContainerError
from local_aws.sagemaker.supervision import SupervisedContainer

WAIT = 60.0


class Process:
    """A container that answers at once, or, with `ready` cleared, once that is set; if it ended before, never."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.url = f"http://127.0.0.1:{pid}"
        self.ended = threading.Event()
        self.ready = threading.Event()
        self.ready.set()
        self.awaited = threading.Event()

    def wait_until_ready(self) -> None:
        self.awaited.set()
        eventually(lambda: self.ready.is_set() or self.ended.is_set())
        if self.ended.is_set():
            raise ContainerError("it ended before it answered")

    def wait_for_end(self) -> None:
        self.ended.wait(WAIT)

    def stop(self) -> None:
        self.ended.set()


class Starter:
    """Starts processes; `failures` makes as many of the next starts fail, `slow` makes them wait for `ready`."""

    def __init__(self) -> None:
        self.started: list[Process] = []
        self.failures: list[Exception] = []
        self.slow = False
        self.changed = threading.Condition()

    def __call__(self) -> Container:
        with self.changed:
            if self.failures:
                raise self.failures.pop()
            process = Process(len(self.started) + 1)
            if self.slow:
                process.ready.clear()
            self.started.append(process)
            self.changed.notify_all()
            return cast(Container, process)

    def wait_for(self, count: int) -> Process:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.started) >= count, WAIT)
            return self.started[count - 1]


def eventually(condition: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(int(WAIT / 0.01)):
        if condition():
            return
        tick.wait(0.01)
    pytest.fail("it never came to be so")


def test_what_ends_by_itself_is_started_again() -> None:
    starter = Starter()
    supervised = SupervisedContainer(starter)
    starter.started[0].ended.set()
    starter.wait_for(2)
    eventually(lambda: supervised.pid == 2)
    assert supervised.url == "http://127.0.0.1:2"
    supervised.stop()


def test_what_is_stopped_is_not() -> None:
    starter = Starter()
    supervised = SupervisedContainer(starter)
    supervised.stop()
    assert len(starter.started) == 1
    assert starter.started[0].ended.is_set()


@pytest.mark.parametrize(
    "failure", [ContainerError("not yet"), OSError("no memory"), EndpointConnectionError(endpoint_url="logs")]
)
def test_a_start_that_fails_is_tried_again(monkeypatch: Any, failure: Exception) -> None:
    monkeypatch.setattr(supervision, "_PAUSE", 0.01)
    starter = Starter()
    supervised = SupervisedContainer(starter)
    starter.failures = [failure] * 3
    starter.started[0].ended.set()
    starter.wait_for(2)
    eventually(lambda: supervised.pid == 2)
    supervised.stop()
    assert starter.started[1].ended.is_set()


def test_one_that_ends_while_it_comes_up_is_tried_again(monkeypatch: Any) -> None:
    monkeypatch.setattr(supervision, "_PAUSE", 0.01)
    starter = Starter()
    supervised = SupervisedContainer(starter)
    starter.slow = True
    starter.started[0].ended.set()
    starter.wait_for(2).ended.set()
    starter.wait_for(3).ready.set()
    eventually(lambda: supervised.pid == 3)
    supervised.stop()


def test_a_first_start_that_fails_is_told() -> None:
    starter = Starter()
    starter.failures = [ContainerError("not yet")]
    with pytest.raises(ContainerError, match="not yet"):
        SupervisedContainer(starter)


def test_nothing_is_left_of_a_first_one_that_does_not_come_up() -> None:
    class NeverReady(Process):
        def wait_until_ready(self) -> None:
            raise ContainerError("not yet")

    process = NeverReady(1)
    with pytest.raises(ContainerError, match="not yet"):
        SupervisedContainer(lambda: cast(Container, process))
    assert process.ended.is_set()


def test_requests_go_to_the_new_one_when_it_answers_and_not_before() -> None:
    starter = Starter()
    supervised = SupervisedContainer(starter)
    starter.slow = True
    starter.started[0].ended.set()
    coming = starter.wait_for(2)
    assert coming.awaited.wait(WAIT)
    assert supervised.pid == 1
    coming.ready.set()
    eventually(lambda: supervised.pid == 2)
    supervised.stop()


def test_a_stop_ends_the_one_that_comes_up_without_waiting_for_it() -> None:
    starter = Starter()
    supervised = SupervisedContainer(starter)
    starter.slow = True
    starter.started[0].ended.set()
    coming = starter.wait_for(2)
    assert coming.awaited.wait(WAIT)
    supervised.stop()
    assert coming.ended.is_set()
    assert not coming.ready.is_set()
    assert len(starter.started) == 2


def test_a_stop_while_a_start_begins_ends_the_new_one() -> None:
    starter = Starter()
    beginning, go = threading.Event(), threading.Event()

    def begin() -> Container:
        container = starter()
        if len(starter.started) > 1:
            beginning.set()
            go.wait(WAIT)
        return container

    supervised = SupervisedContainer(begin)
    starter.started[0].ended.set()
    assert beginning.wait(WAIT)
    stopping = threading.Thread(target=supervised.stop)
    stopping.start()
    go.set()
    stopping.join(WAIT)
    assert not stopping.is_alive()
    assert starter.started[1].ended.is_set()


def test_what_sleeps_is_not_started_again_until_it_wakes() -> None:
    starter = Starter()
    supervised = SupervisedContainer(starter)

    supervised.sleep()
    assert starter.started[0].ended.is_set()
    assert len(starter.started) == 1
    supervised.wake()

    assert supervised.pid == 2
    starter.started[1].ended.set()  # and from now on it is watched again
    starter.wait_for(3)
    eventually(lambda: supervised.pid == 3)
    supervised.stop()


def test_what_does_not_wake_sleeps_on() -> None:
    starter = Starter()
    supervised = SupervisedContainer(starter)
    supervised.sleep()
    starter.failures = [ContainerError("no memory")]

    with pytest.raises(ContainerError, match="no memory"):
        supervised.wake()

    supervised.wake()
    assert supervised.pid == 2
    supervised.stop()


def test_what_sleeps_can_be_stopped() -> None:
    starter = Starter()
    supervised = SupervisedContainer(starter)
    supervised.sleep()

    supervised.stop()

    assert len(starter.started) == 1
