"""How fast ResNet-50 is served on a GPU: what Slipway does to a model, beside eager float32 on the same server.

By turns, and the medians compared: a TorchScript model in float32, in bfloat16 and in float16 (`autocast_dtype`),
and a handler that calls the model as written. One client sends one image at a time, then eight do, whose requests
are batched where the default `predict_fn` calls the model; the handler's are not.

Run it as `.venv/bin/python benchmarks/gpu.py [--rounds N] [--seconds S] [--device cpu] [--json]`. Without CUDA it
says so and exits with 0, unless it is told to take the processor, where its ratios say nothing of a GPU.
"""

import argparse
import contextlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

# A script's own folder comes first on sys.path, where a file beside this one would hide the package `serving`.
_HERE = Path(__file__).resolve().parent
sys.path[:] = [str(_HERE.parent), *(folder for folder in sys.path if Path(folder).resolve() != _HERE)]

import torch  # noqa: E402 (see above)

from assets import checkout  # noqa: E402
from benchmarks.serving_bench.against_bare_model import image  # noqa: E402
from benchmarks.serving_bench.models import unpacked, with_settings  # noqa: E402
from benchmarks.serving_bench.plan import Plan, say  # noqa: E402
from benchmarks.serving_bench.report import Report  # noqa: E402
from benchmarks.serving_bench.servers import slim  # noqa: E402

EAGER = "eager, float32"
CLIENTS = (1, 8)
WARM_UP = 20_000  # a hundredth of it for a large model


def variants(folder: Path, device: str) -> dict[str, Path]:
    """Return the unpacked tarballs, which are served on a device, by what they are."""
    made = unpacked("bench_resnet50", folder)
    names = {"TorchScript, float32": None, "TorchScript, bfloat16": "bfloat16", "TorchScript, float16": "float16"}
    eager = with_settings(made, "eager", {"device": device})
    (eager / "code").mkdir(exist_ok=True)
    shutil.copy(_HERE / "serving_bench/eager_inference.py", eager / "code/inference.py")
    for name in ("model.py", "resnet.py"):
        shutil.copy(checkout.MODEL_CODE / "bench_resnet50" / name, eager / "code" / name)
    return {EAGER: eager} | {
        name: with_settings(made, dtype or "float32", {"device": device, "autocast_dtype": dtype})
        for name, dtype in names.items()
    }


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(description="Times serving on a GPU against eager float32.")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each variant (default 5)")
    parser.add_argument("--seconds", type=float, default=5, help="what each run takes (default 5)")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help="cpu tries the benchmark itself")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        print("There is no CUDA device here, so there is nothing to measure.")
        return 0
    report = Report()
    with tempfile.TemporaryDirectory(prefix="gpu-") as name, contextlib.ExitStack() as stack:
        plan = Plan(options.rounds, options.seconds, WARM_UP, Path(name))
        servers = {}
        for number, (variant, folder) in enumerate(variants(Path(name), options.device).items()):
            say(f"starting: {variant}")
            servers[variant] = stack.enter_context(slim(folder, image(), plan.log(str(number))))
        for clients in CLIENTS:
            for server in servers.values():
                plan.warm(server, image(), clients=clients, large=True)
            runs = {variant: plan.runs(server, image(), clients) for variant, server in servers.items()}
            figures = plan.take_turns(runs)
            where = torch.cuda.get_device_name() if options.device == "cuda" else "processor"
            title = f"{where}, {clients} client{'s' if clients > 1 else ''}"
            report.table(title, figures)
            for variant in figures:
                if variant != EAGER:
                    rate = figures[variant].rate / figures[EAGER].rate
                    p50 = figures[variant].p50 / figures[EAGER].p50
                    print(f"{variant} / {EAGER}: {rate:.2f} times the requests/s, {p50:.2f} times the p50")
    if options.json:
        print(json.dumps(json.loads(report.as_json())["figures"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
