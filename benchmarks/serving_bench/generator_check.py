"""Whether the load generator could ask for more than the fastest server gave."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.serving_bench.against_torchserve import ROWS
from benchmarks.serving_bench.client import measure
from benchmarks.serving_bench.plan import Plan
from benchmarks.serving_bench.report import Finding, Report

_ECHO = Path(__file__).with_name("echo.py")


def compare(plan: Plan, report: Report) -> None:
    """Measure a server that only answers, beside the fastest rate of the report."""
    with subprocess.Popen([sys.executable, str(_ECHO)], stdout=subprocess.PIPE, text=True) as echo:
        assert echo.stdout is not None
        try:
            sample = measure(int(echo.stdout.readline()), ROWS, 8, seconds=plan.seconds)
        finally:
            echo.terminate()
    report.table("the load generator, 8 clients", {"echo": sample})
    fastest = max(
        figure["rate"]
        for title, table in report.figures.items()
        for name, figure in table.items()
        if name != "echo"
    )
    report.add(
        Finding("requests/s of the generator / the fastest server's", sample.rate / fastest, 1.5, at_least=True)
    )
