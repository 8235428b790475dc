"""Measures an endpoint with one number of clients after another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from slipway.load.closed_loop import ClosedLoop, Outcome
from slipway.load.stage import Stage, Window, stage_of

_LOOK = 0.25
"""Seconds between two looks at what has come so far."""


class Watcher(Protocol):
    """Whoever shows how far it is."""

    def begin(self, concurrency: int) -> None:
        """Hear that a number of clients begins."""

    def look(self, seconds: float, outcomes: Sequence[Outcome]) -> None:
        """Hear how long they have been at it, and what came of it so far."""


@dataclass(frozen=True)
class Plan:
    """What is to be measured.

    Parameters
    ----------
    concurrency
        The numbers of clients, one after another.
    seconds
        How long each is measured.
    warm_up
        Seconds before that, in which requests are sent and not counted.
    """

    concurrency: tuple[int, ...]
    seconds: float
    warm_up: float

    @property
    def total_seconds(self) -> float:
        """How long all of it takes, but for the last answers."""
        return len(self.concurrency) * (self.warm_up + self.seconds)


class Measurement:
    """Measures, and keeps what was measured when Ctrl-C ends it.

    Parameters
    ----------
    plan
        What is to be measured.
    send
        Sends one request, and returns when it is answered; called by several threads at once.
    watcher
        Whoever shows how far it is.
    """

    def __init__(self, plan: Plan, send: Callable[[], object], watcher: Watcher) -> None:
        self._plan = plan
        self._send = send
        self._watcher = watcher
        self.is_interrupted = False

    def stages(self) -> Iterator[Stage]:
        """Measure with each number of clients, and yield the figures; none follow after Ctrl-C.

        Raises
        ------
        Exception
            A request could not be made at all.
        """
        for concurrency in self._plan.concurrency:
            if self.is_interrupted:
                return
            yield self._stage(concurrency)

    def _stage(self, concurrency: int) -> Stage:
        started = time.perf_counter()
        begin = started + self._plan.warm_up
        end = begin + self._plan.seconds
        loop = ClosedLoop(self._send, concurrency, end)
        cpu: list[float] = []  # of the processor, at the begin and at the end
        try:
            self._watcher.begin(concurrency)
            loop.start()
            for until in (begin, end):
                self._watch(loop, started, until)
                cpu.append(time.process_time())
            while unfinished := loop.finish(_LOOK):
                self._watcher.look(time.perf_counter() - started, loop.outcomes)
        except KeyboardInterrupt:
            self.is_interrupted = True
            loop.stop()
            unfinished = loop.finish(0)
            end = max(begin, min(end, time.perf_counter()))
            cpu.append(time.process_time())
        used = cpu[1] - cpu[0] if len(cpu) > 1 else 0.0
        outcomes = list(loop.outcomes)  # clients that nobody waits for may still add to it
        return stage_of(concurrency, outcomes, Window(begin, end), cpu_seconds=used, unfinished=unfinished)

    def _watch(self, loop: ClosedLoop, started: float, until: float) -> None:
        while (left := until - time.perf_counter()) > 0:
            loop.wait(min(left, _LOOK))
            self._watcher.look(time.perf_counter() - started, loop.outcomes)
