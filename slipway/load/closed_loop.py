"""Clients that each send their next request as soon as the last one is answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from slipway.load.failure import Failure, failure_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """One request.

    Parameters
    ----------
    began, ended
        In seconds of `time.perf_counter`.
    failure
        Why it was not answered; None where it was.
    """

    began: float
    ended: float
    failure: Failure | None


class ClosedLoop:
    """Some clients, each in a thread of its own.

    Parameters
    ----------
    send
        Sends one request, and returns when it is answered; called by several threads at once.
    number
        How many clients.
    until
        When they send no more, in seconds of `time.perf_counter`.
    """

    def __init__(self, send: Callable[[], object], number: int, until: float) -> None:
        self._send = send
        self._until = until
        self._stopped = threading.Event()
        self._broken: Exception | None = None
        # Daemons: after Ctrl-C, nobody waits for the answers that are still to come.
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(number)]
        self.outcomes: list[Outcome] = []
        """All of them, in the order in which they ended."""

    def start(self) -> None:
        """Let the clients begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let the clients send no more, before their time is up."""
        self._stopped.set()

    def wait(self, seconds: float) -> None:
        """Wait so long, or until a client broke.

        Raises
        ------
        Exception
            What a client broke at: not the endpoint's fault, but that of this program or of its settings.
        """
        self._stopped.wait(max(0.0, seconds))
        if self._broken:
            raise self._broken

    def finish(self, seconds: float) -> int:
        """Wait, for so long at most, for the answers that are still to come, and return how many they are."""
        until = time.perf_counter() + seconds
        for thread in filter(threading.Thread.is_alive, self._threads):  # Ctrl-C may come before all have begun
            thread.join(max(0.0, until - time.perf_counter()))
        if self._broken:
            raise self._broken
        return sum(thread.is_alive() for thread in self._threads)

    def _run(self) -> None:
        while not self._stopped.is_set() and (began := time.perf_counter()) < self._until:
            failure = None
            try:
                self._send()
            except Exception as error:  # noqa: BLE001 (the main thread raises what is no failure of a request)
                failure = failure_of(error)
                if failure is None:
                    self._broken = error
                    self._stopped.set()
                    return
            self.outcomes.append(Outcome(began, time.perf_counter(), failure))
