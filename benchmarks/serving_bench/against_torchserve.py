"""The slim server against TorchServe with SageMaker's toolkit: the same tarball and inference.py, one worker."""

from __future__ import annotations

import contextlib
import json
import statistics
from pathlib import Path

from benchmarks.serving_bench.client import Request
from benchmarks.serving_bench.models import unpacked
from benchmarks.serving_bench.plan import Plan, say
from benchmarks.serving_bench.report import Finding, Report
from benchmarks.serving_bench.servers import slim, torchserve

ROWS = Request(json.dumps([[0.25, -0.5, 1.0, 0.0, 0.125, -1.5, 0.75, 2.0, -0.25, 0.5]]).encode())
"""One row for bench_mlp."""

_CLIENTS = 8


def compare(plan: Plan, report: Report, python: Path) -> None:
    """Measure start, idle memory, latency at 1 client and throughput at 8.

    Parameters
    ----------
    plan
        How much is measured.
    report
        Gets the findings.
    python
        That of TorchServe's environment.
    """
    folder = unpacked("bench_mlp", plan.folder, handler=True)
    ways = {
        "slim": lambda: slim(folder, ROWS, plan.log("slim")),
        "TorchServe": lambda: torchserve(python, folder, ROWS),
    }
    starts: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(plan.rounds):
        for name, start in ways.items():
            say(f"start {number + 1} of {plan.rounds}: {name}")
            with start() as server:
                starts[name].append(server.started_in)
    print(f"\n{'from process start to first answer, s':<60}" + _shown(starts))
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(start()) for name, start in ways.items()}
        for server in servers.values():
            plan.warm(server, ROWS)
        idle = {name: [server.memory()] for name, server in servers.items()}
        alone = plan.take_turns({name: plan.runs(server, ROWS, 1) for name, server in servers.items()})
        crowd = plan.take_turns({name: plan.runs(server, ROWS, _CLIENTS) for name, server in servers.items()})
    print(f"{'idle memory after the warm-up (RSS of all processes), MB':<60}" + _shown(idle))
    report.table("small model, 1 client", alone)
    report.table(f"small model, {_CLIENTS} clients", crowd)
    report.add(
        Finding(
            f"requests/s at {_CLIENTS} clients, slim / TorchServe",
            crowd["slim"].rate / crowd["TorchServe"].rate,
            5,
            at_least=True,
        ),
        Finding("p99 at 1 client, slim / TorchServe", alone["slim"].p99 / alone["TorchServe"].p99, 0.5),
        Finding("start to first answer, slim / TorchServe", _ratio(starts), 0.5),
        Finding("idle memory, slim / TorchServe", _ratio(idle), 0.6),
    )


def _ratio(figures: dict[str, list[float]]) -> float:
    return statistics.median(figures["slim"]) / statistics.median(figures["TorchServe"])


def _shown(figures: dict[str, list[float]]) -> str:
    return "   ".join(f"{name} {statistics.median(each):.2f}" for name, each in figures.items())
