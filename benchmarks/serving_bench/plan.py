"""How much is measured, and in which order."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serving_bench.client import Request, Sample, measure, medians
from benchmarks.serving_bench.servers import Server


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Parameters
    ----------
    rounds
        Runs of each rival; they take turns.
    seconds
        What each run takes.
    warm_up
        Requests for each server of a small model before it is measured; servers of a large one get a hundredth.
    folder
        Where models are unpacked and logs are written.
    """

    rounds: int
    seconds: float
    warm_up: int
    folder: Path

    def log(self, name: str) -> Path:
        """Return the file for a server's log."""
        return self.folder / f"{name}.log"

    def warm(
        self, server: Server, request: Request, *, clients: int = 8, large: bool = False, path: str = ""
    ) -> None:
        """Warm a server up."""
        requests = max(clients, self.warm_up // 100 if large else self.warm_up)
        measure(server.port, request, clients, requests=requests, path=path or "/invocations")

    def take_turns(self, rivals: Mapping[str, Callable[[], Sample]]) -> dict[str, Sample]:
        """Run all rivals by turns, so that what else the machine does falls on all alike; return the medians."""
        samples: dict[str, list[Sample]] = {name: [] for name in rivals}
        for number in range(self.rounds):
            for name, run in rivals.items():
                say(f"round {number + 1} of {self.rounds}: {name}")
                samples[name].append(run())
        return medians(samples)

    def runs(
        self, server: Server, request: Request, clients: int, path: str = "/invocations"
    ) -> Callable[[], Sample]:
        """Return a run of one rival."""
        return lambda: measure(server.port, request, clients, seconds=self.seconds, path=path)


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, file=sys.stderr, flush=True)
