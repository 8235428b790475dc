"""How fast a model is served: the slim server beside TorchServe, Ray Serve and the bare model.

Every rival is measured in this run, on this machine: warmed up (5,000 requests for the small model), by turns, the
medians of the rounds compared. TorchServe 0.12 with SageMaker's toolkit runs in an environment of its own, made on
first use; so does Ray Serve. The servers have one worker each, and share the cores with the load generator; the
targets are for two cores that have nothing else to do.

Run it as `.venv/bin/python benchmarks/serving.py [--rounds N] [--seconds S] [--only NAME …] [--quick] [--json]`.
It takes some fifteen minutes and exits with 1 where a target is missed. `--quick` only shows that it runs.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

# A script's own folder comes first on sys.path, where this file would hide the package `serving`.
ROOT = Path(__file__).resolve().parents[1]
sys.path[:] = [
    str(ROOT),
    *(folder for folder in sys.path if Path(folder).resolve() != Path(__file__).resolve().parent),
]

from benchmarks.serving_bench import (  # noqa: E402 (see above)
    against_bare_model,
    against_ray,
    against_torchserve,
    batching,
    generator_check,
    recovery,
)
from benchmarks.serving_bench.plan import Plan, say  # noqa: E402
from benchmarks.serving_bench.report import Report  # noqa: E402
from benchmarks.torchserve.environment import torchserve_python  # noqa: E402

COMPARISONS: dict[str, Callable[[Plan, Report], None]] = {
    "torchserve": lambda plan, report: against_torchserve.compare(plan, report, torchserve_python(say)),
    "bare-model": against_bare_model.compare,
    "batching": batching.compare,
    "ray": against_ray.compare,
    "recovery": recovery.compare,
}
WARM_UP = 5000


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(description="Times serving against TorchServe, Ray Serve and the bare model.")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each rival (default 5)")
    parser.add_argument("--seconds", type=float, default=5, help="what each run takes (default 5)")
    parser.add_argument("--only", choices=COMPARISONS, nargs="+", default=[*COMPARISONS], help="some comparisons")
    parser.add_argument("--quick", action="store_true", help="one short round: whether it runs, not how fast")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    options = parser.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory(prefix="serving-") as folder:
        plan = (
            Plan(1, 1.0, 100, Path(folder))
            if options.quick
            else Plan(options.rounds, options.seconds, WARM_UP, Path(folder))
        )
        for name in options.only:
            say(f"comparison: {name}")
            COMPARISONS[name](plan, report)
        if report.figures:
            generator_check.compare(plan, report)
    missed = report.missed()
    print(f"\n{len(report.findings) - missed} of {len(report.findings)} targets are met")
    if options.json:
        print(report.as_json())
    return 1 if missed and not options.quick else 0


if __name__ == "__main__":
    sys.exit(main())
