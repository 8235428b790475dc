"""ResNet-50 behind the slim server against the model called in a loop, with as many threads."""

from __future__ import annotations

import contextlib
import io
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from assets import checkout
from benchmarks.serving_bench.client import NPY, Request, Sample
from benchmarks.serving_bench.models import unpacked
from benchmarks.serving_bench.plan import Plan
from benchmarks.serving_bench.report import Finding, Report
from benchmarks.serving_bench.servers import slim
from serving.hardware import usable_cores

IMAGE = checkout.MODEL_CODE / "bench_resnet50/samples/image.request.npy"
_BARE = Path(__file__).with_name("bare_model.py")


def image(content_type: str = NPY) -> Request:
    """Return a request with one image of float32, 1 by 3 by 224 by 224."""
    array = np.load(IMAGE).astype(np.float32)
    if content_type == NPY:
        body = io.BytesIO()
        np.save(body, array)
        return Request(body.getvalue(), NPY)
    return Request(json.dumps(array.tolist()).encode(), content_type)


def compare(plan: Plan, report: Report) -> None:
    """Measure the latency at 1 client, with NPY and with JSON."""
    folder = unpacked("bench_resnet50", plan.folder)
    npy, text = image(), image("application/json")
    with _bare_model(folder, plan) as bare, slim(folder, npy, plan.log("resnet")) as server:
        plan.warm(server, npy, clients=1, large=True)
        plan.warm(server, text, clients=1, large=True)
        figures = plan.take_turns(
            {"bare model": bare, "slim, NPY": plan.runs(server, npy, 1), "slim, JSON": plan.runs(server, text, 1)}
        )
    report.table("ResNet-50, 1 client", figures)
    report.add(
        Finding(
            "p50 of an NPY request / of the bare model", figures["slim, NPY"].p50 / figures["bare model"].p50, 1.15
        ),
        Finding("p50, JSON over NPY", figures["slim, JSON"].p50 - figures["slim, NPY"].p50, 15, unit="ms"),
    )


@contextlib.contextmanager
def _bare_model(folder: Path, plan: Plan) -> Iterator[Callable[[], Sample]]:
    file = plan.folder / "image.npy"
    file.write_bytes(image().body)
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", str(_BARE), str(folder / "model.pt"), str(file), str(usable_cores())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        lines, answers = process.stdin, process.stdout
        if answers.readline().strip() != "ready":
            sys.exit("the bare model cannot be called")

        def run() -> Sample:
            print(plan.seconds, file=lines, flush=True)
            took = sorted(json.loads(answers.readline()))
            p99 = took[min(len(took) - 1, int(len(took) * 0.99))]
            return Sample(len(took) / sum(took), statistics.median(took) * 1000, p99 * 1000, len(took))

        try:
            yield run
        finally:
            lines.close()
