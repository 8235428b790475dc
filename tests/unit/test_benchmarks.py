"""The benchmarks of serving: that they start, and that what they compare is what they print."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

REPORT = """
from benchmarks.serving_bench.report import Finding, Report
report = Report()
report.add(Finding("fast", 5.0, 5, at_least=True), Finding("slow", 1.2, 1.15), Finding("late", 2.0, 3, unit="s"))
print(report.missed())
"""
LOAD = """
import subprocess, sys
from benchmarks.serving_bench.client import Request, measure
echo = subprocess.Popen([sys.executable, "benchmarks/serving_bench/echo.py"], stdout=subprocess.PIPE, text=True)
sample = measure(int(echo.stdout.readline()), Request(b"[1]"), 4, requests=100)
echo.kill()
print(sample.count, 0 < sample.p50 <= sample.p99)
"""


def printed(*arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("benchmark", ["serving.py", "gpu.py"])
def test_a_benchmark_can_be_started(benchmark: str):
    assert "--rounds" in printed(f"benchmarks/{benchmark}", "--help")


def test_a_missed_target_is_marked_and_counted():
    lines = printed("-c", REPORT).splitlines()
    assert ["MISSED" in line for line in lines[:3]] == [False, True, False]
    assert lines[3] == "1"


def test_the_load_generator_gets_as_many_answers_as_it_asks_for():
    assert printed("-c", LOAD).split() == ["100", "True"]
