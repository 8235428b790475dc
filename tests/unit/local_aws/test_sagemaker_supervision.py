"""A container that ends by itself is started again, until it is stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, cast

import pytest

from local_aws.sagemaker import supervision
from local_aws.sagemaker.container import Container, ContainerError
from local_aws.sagemaker.supervision import SupervisedContainer

WAIT = 20.0


class Process:
    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.url = f"http://127.0.0.1:{pid}"
        self.ended = threading.Event()

    def wait_for_end(self) -> None:
        self.ended.wait(WAIT)

    def stop(self) -> None:
        self.ended.set()


class Starter:
    """Starts processes; `fail` makes the next starts fail."""

    def __init__(self) -> None:
        self.started: list[Process] = []
        self.failures = 0
        self.changed = threading.Condition()

    def __call__(self) -> Container:
        with self.changed:
            if self.failures:
                self.failures -= 1
                raise ContainerError("not yet")
            self.started.append(Process(len(self.started) + 1))
            self.changed.notify_all()
            return cast(Container, self.started[-1])

    def wait_for(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.started) >= count, WAIT)


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


def test_a_start_that_fails_is_tried_again(monkeypatch: Any) -> None:
    monkeypatch.setattr(supervision, "_PAUSE", 0.01)
    starter = Starter()
    supervised = SupervisedContainer(starter)
    starter.failures = 3
    starter.started[0].ended.set()
    starter.wait_for(2)
    eventually(lambda: supervised.pid == 2)
    supervised.stop()
    assert starter.started[1].ended.is_set()


def test_a_first_start_that_fails_is_told() -> None:
    starter = Starter()
    starter.failures = 1
    with pytest.raises(ContainerError, match="not yet"):
        SupervisedContainer(starter)


def test_a_stop_while_it_comes_up_again_ends_the_new_one() -> None:
    starter = Starter()
    coming, go = threading.Event(), threading.Event()

    def start() -> Container:
        container = starter()
        if len(starter.started) > 1:
            coming.set()
            go.wait(WAIT)
        return container

    supervised = SupervisedContainer(start)
    starter.started[0].ended.set()
    assert coming.wait(WAIT)
    stopping = threading.Thread(target=supervised.stop)
    stopping.start()
    go.set()
    stopping.join(WAIT)
    assert not stopping.is_alive()
    assert starter.started[1].ended.is_set()
