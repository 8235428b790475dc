"""Micro-batching against the same server without it."""

from __future__ import annotations

import contextlib

from benchmarks.serving_bench.against_bare_model import image
from benchmarks.serving_bench.against_torchserve import ROWS
from benchmarks.serving_bench.client import Request, Sample
from benchmarks.serving_bench.models import unpacked, with_settings
from benchmarks.serving_bench.plan import Plan
from benchmarks.serving_bench.report import Finding, Report
from benchmarks.serving_bench.servers import slim

_ON, _OFF = "batched", "unbatched"


def compare(plan: Plan, report: Report) -> None:
    """Measure the small model at 32 clients and at 1, and ResNet-50 at 8."""
    crowd = _measured(plan, "bench_mlp", ROWS, 32)
    alone = _measured(plan, "bench_mlp", ROWS, 1)
    large = _measured(plan, "bench_resnet50", image(), 8)
    report.table("small model, 32 clients", crowd)
    report.table("small model, 1 client, with and without", alone)
    report.table("ResNet-50, 8 clients", large)
    report.add(
        Finding(
            "requests/s at 32 clients, batched / unbatched", crowd[_ON].rate / crowd[_OFF].rate, 2, at_least=True
        ),
        Finding(
            "ResNet-50's requests/s at 8, batched / unbatched",
            large[_ON].rate / large[_OFF].rate,
            1,
            at_least=True,
        ),
        Finding("p50 of a lone client, batched / unbatched", alone[_ON].p50 / alone[_OFF].p50, 1.05),
    )


def _measured(plan: Plan, model: str, request: Request, clients: int) -> dict[str, Sample]:
    on = plan.folder / model
    if not on.exists():
        unpacked(model, plan.folder)
    off = on.with_name(f"{on.name}-unbatched")
    if not off.exists():
        with_settings(on, "unbatched", {"batch": {"max_size": 1}})
    large = model != "bench_mlp"
    with contextlib.ExitStack() as stack:
        servers = {
            name: stack.enter_context(slim(folder, request, plan.log(name)))
            for name, folder in ((_ON, on), (_OFF, off))
        }
        for server in servers.values():
            plan.warm(server, request, clients=clients, large=large)
        return plan.take_turns({name: plan.runs(server, request, clients) for name, server in servers.items()})
