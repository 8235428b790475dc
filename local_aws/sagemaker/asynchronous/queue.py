"""The queue of an asynchronous endpoint: so many requests go at once, the others wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from typing import NamedTuple

from local_aws.sagemaker.resources import Record

_IDLE_SAMPLE = 60.0  # seconds between two samples of the backlog; CloudWatch gets one a minute on AWS
_BUSY_SAMPLE = 10.0  # seconds, while requests wait
_STOPPING = 10.0  # seconds that the requests in flight may take when the endpoint ends


class Capacity(NamedTuple):
    """What an endpoint can do at once: its instances, and the requests that one of them takes."""

    instances: int
    per_instance: int


class RequestQueue:
    """Lets requests go to the container in their order.

    Parameters
    ----------
    requests
        What waits or is in flight, as it is kept over a restart: an entry goes when its outcome is told.
    run
        Brings a request to its outcome, and returns whether it did; called on a thread of its own.
    sample
        Is told the backlog and the instances, from time to time.
    on_change
        Called when the requests changed.
    capacity
        What the endpoint can do at once, until it is resized.
    """

    def __init__(
        self,
        requests: list[Record],
        run: Callable[[Record], bool],
        sample: Callable[[int, int], None],
        on_change: Callable[[], None],
        capacity: Capacity,
    ) -> None:
        self._requests = requests
        self._run = run
        self._sample = sample
        self._on_change = on_change
        self._capacity = capacity
        self._in_flight: list[Record] = []
        self._changed = threading.Condition()
        self._stopped = False
        self._next_sample = 0.0
        self._stranded: bool | None = None
        self._scope = copy_context()  # the account and region of the endpoint
        self._thread = threading.Thread(target=self._scope.run, args=(self._dispatch,), daemon=True)
        self._thread.start()

    def add(self, request: Record) -> None:
        """Let a request wait for its turn."""
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
        self._on_change()

    def resize(self, capacity: Capacity) -> None:
        """Take another capacity."""
        with self._changed:
            if capacity.instances != self._capacity.instances:
                self._next_sample = 0.0
            self._capacity = capacity
            self._changed.notify_all()

    def stop(self) -> None:
        """Start no more requests, and wait a while for those in flight."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._in_flight, _STOPPING)

    def _dispatch(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._has_something_to_do, self._patience())
                if self._stopped:
                    return
                started = self._take()
                backlog, instances = len(self._requests), self._capacity.instances
                due = self._sample_is_due()
            for request in started:
                self._scope.copy().run(self._start, request)
            if due:
                self._sample(backlog, instances)

    def _has_something_to_do(self) -> bool:
        sample_is_due = time.time() >= self._next_sample or self._strands() != self._stranded
        return self._stopped or bool(self._startable()) or sample_is_due

    def _patience(self) -> float:
        """Return the seconds until time alone gives something to do: a sample, or a request that expires."""
        ends = [self._next_sample, *(r["Expires"] for r in self._requests if r not in self._in_flight)]
        return max(float(min(ends)) - time.time(), 0.0)

    def _startable(self) -> list[Record]:
        """Return the requests whose turn it is, and those that expired."""
        waiting = [request for request in self._requests if request not in self._in_flight]
        free = max(self._capacity.instances * self._capacity.per_instance - len(self._in_flight), 0)
        now = time.time()
        return waiting[:free] + [request for request in waiting[free:] if now >= request["Expires"]]

    def _take(self) -> list[Record]:
        started = self._startable()
        self._in_flight += started
        return started

    def _strands(self) -> bool:
        return bool(self._requests) and not self._capacity.instances

    def _sample_is_due(self) -> bool:
        now, strands = time.time(), self._strands()
        if now < self._next_sample and strands == self._stranded:
            return False
        self._stranded = strands
        self._next_sample = now + (_BUSY_SAMPLE if self._requests else _IDLE_SAMPLE)
        return True

    def _start(self, request: Record) -> None:
        scope = copy_context()
        threading.Thread(target=scope.run, args=(self._finish, request), name="asynchronous", daemon=True).start()

    def _finish(self, request: Record) -> None:
        done = True
        try:
            done = self._run(request)
        finally:
            with self._changed:
                self._in_flight.remove(request)
                if done:
                    self._requests.remove(request)
                self._changed.notify_all()
            self._on_change()
