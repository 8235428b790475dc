"""`kill -9` of the worker under 16 clients: who fails, and how long full service is away."""

from __future__ import annotations

import http.client
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from benchmarks.serving_bench.against_torchserve import ROWS
from benchmarks.serving_bench.models import unpacked
from benchmarks.serving_bench.plan import Plan
from benchmarks.serving_bench.report import Finding, Report
from benchmarks.serving_bench.servers import Server, slim

_CLIENTS = 16
_BEFORE, _AFTER = 1.0, 6.0  # seconds of load before and after the kill
_OK, _UNAVAILABLE = 200, 503


@dataclass
class _Clients:
    """Clients that go on whatever they are answered."""

    port: int
    stopped: threading.Event = field(default_factory=threading.Event)
    answers: list[tuple[float, int]] = field(default_factory=list)
    """When an answer came, in seconds of `time.perf_counter`, and its status; 0 where the connection broke."""

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self.stopped.is_set():
            try:
                connection.request("POST", "/invocations", ROWS.body, ROWS.headers)
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException):
                connection.close()
                status = 0
            self.answers.append((time.perf_counter(), status))
        connection.close()


def compare(plan: Plan, report: Report) -> None:
    """Kill the worker once in each round, and take the worst."""
    folder = plan.folder / "bench_mlp"
    if not folder.exists():
        unpacked("bench_mlp", plan.folder)
    statuses: Counter[int] = Counter()
    away: list[float] = []
    for _ in range(plan.rounds):
        with slim(folder, ROWS, plan.log("killed")) as server:
            plan.warm(server, ROWS)
            found, seconds = _kill_under_load(server)
            statuses.update(found)
            away.append(seconds)
    failed = {status: count for status, count in sorted(statuses.items()) if status != _OK}
    print(f"\nafter kill -9 of the worker, answers other than 200, of {plan.rounds} kills: {failed}")
    unexplained = sum(count for status, count in failed.items() if status != _UNAVAILABLE)
    report.add(
        Finding("requests that failed without a 503", unexplained, 0),
        Finding("full service is back, the longest time", max(away), 3, unit="s"),
    )


def _kill_under_load(server: Server) -> tuple[Counter[int], float]:
    clients = _Clients(server.port)
    threads = [threading.Thread(target=clients.run) for _ in range(_CLIENTS)]
    for thread in threads:
        thread.start()
    time.sleep(_BEFORE)
    [worker] = server.processes()[1:]
    worker.send_signal(signal.SIGKILL)
    killed = time.perf_counter()
    time.sleep(_AFTER)
    clients.stopped.set()
    for thread in threads:
        thread.join()
    later = [(when, status) for when, status in clients.answers if when > killed]
    worst = max((when for when, status in later if status != _OK), default=killed)
    back = min((when for when, status in later if status == _OK and when > worst), default=float("inf"))
    # without a pause, the first answers were on their way already; the longest silence is what clients saw
    return Counter(status for _, status in later), max(back - killed, _longest_silence(killed, later))


def _longest_silence(start: float, answers: list[tuple[float, int]]) -> float:
    good = [start, *sorted(when for when, status in answers if status == _OK)]
    return max((later - earlier for earlier, later in pairwise(good)), default=float("inf"))
