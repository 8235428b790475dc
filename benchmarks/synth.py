"""How long `cdk synth` takes: this app, against an empty one, and with a big model.

Four apps are synthesized by turns with the real CDK CLI, so that what else the machine does falls on all alike:

- `empty`: a CDK app in Python with one bucket, as small as can be;
- `prod`: this app with `-c env=prod`, its package made before;
- `prod, 4 GiB`: the same with 4 GiB more in the model folder, its package made before;
- `prod, ten`: `prod` with its endpoint ten times, under ten names.

Run it as `.venv/bin/python benchmarks/synth.py [--rounds N] [--json]`. Targets: `prod` takes at most 1.3 times as
long as `empty`, the 4 GiB add at most 0.3 s, and each of the nine endpoints more at most 60 ms (the medians of the
rounds' differences).
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml

# A script's own folder comes first on sys.path, where a file beside this one would hide the package `serving`.
sys.path[:] = [folder for folder in sys.path if Path(folder).resolve() != Path(__file__).resolve().parent]

from assets import checkout  # noqa: E402 (see above)
from assets.model_folder import find_model  # noqa: E402

BIG_FILE = 4 * 2**30
RATIO_TARGET = 1.3
ADDED_TARGET = 0.3
ENDPOINTS = 10
ENDPOINT_TARGET = 0.06

EMPTY_APP = """
import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

app = cdk.App()
s3.Bucket(cdk.Stack(app, "Empty"), "Bucket")
app.synth()
"""

Command = tuple[list[str], Path]


def empty_app(folder: Path) -> Command:
    """Make the smallest app, with the settings of our cdk.json, and return what synthesizes it."""
    (folder / "app.py").write_text(EMPTY_APP)
    settings = json.loads((checkout.ROOT / "cdk.json").read_text()) | {"app": f"{sys.executable} app.py"}
    (folder / "cdk.json").write_text(json.dumps(settings))
    return synth(folder, folder / "cdk.out")


def synth(folder: Path, output: Path, *context: str) -> Command:
    """Return the command and its working directory."""
    options = [part for pair in context for part in ("--context", pair)]
    return ["cdk", "synth", "--quiet", "--output", str(output), *options], folder


@contextmanager
def big_model(folder: Path) -> Iterator[list[str]]:
    """Make the prod environment with 4 GiB more in its model, a hole in a file, and give its context.

    What was packaged for it is removed again.
    """
    model = folder / "big"
    shutil.copytree(checkout.MODEL_CODE / "linear", model)
    with (model / "weights.bin").open("wb") as weights:
        weights.truncate(BIG_FILE)
    environments = folder / "environments"
    environments.mkdir()
    settings = (checkout.ROOT / "environments" / "prod.yaml").read_text()
    (environments / "prod.yaml").write_text(settings.replace("model: linear", f"model: {model}"))
    try:
        yield ["env=prod", f"environments={environments}"]
    finally:
        for made in checkout.STATE.glob(f"*/{find_model(str(model)).state_name}*"):
            shutil.rmtree(made) if made.is_dir() else made.unlink()


def ten_endpoints(folder: Path) -> list[str]:
    """Make the prod environment with its endpoint ten times, and give its context."""
    (folder / "environments").mkdir()
    settings = yaml.safe_load((checkout.ROOT / "environments" / "prod.yaml").read_text())
    (endpoint,) = settings["endpoints"].values()
    settings["endpoints"] = {f"endpoint{number}": endpoint for number in range(ENDPOINTS)}
    (folder / "environments" / "prod.yaml").write_text(yaml.safe_dump(settings))
    return ["env=prod", f"environments={folder / 'environments'}"]


def added(times: Mapping[str, list[float]], app: str) -> float:
    """Return how much longer an app took than `prod`: the median of the rounds' differences, in seconds."""
    return statistics.median(more - one for more, one in zip(times[app], times["prod"], strict=True))


def timed(command: Command, environment: Mapping[str, str]) -> float:
    """Run one synth and return its wall time in seconds."""
    start = time.perf_counter()
    result = subprocess.run(
        command[0], cwd=command[1], env=environment, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    if result.returncode:
        sys.exit(result.stderr)
    return seconds


def measure(rounds: int) -> dict[str, list[float]]:
    """Synthesize the four apps by turns; wall times in seconds."""
    tools = [str(Path(sys.executable).parent)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "CDK_"))}
    environment |= {
        "PATH": os.pathsep.join([*tools, environment["PATH"]]),
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "1",
    }
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / part for part in ("empty", "outputs", "big", "ten")]
        for folder in folders:
            folder.mkdir()
        empty, outputs, big, ten = folders
        with big_model(big) as context:
            commands = {
                "empty": empty_app(empty),
                "prod": synth(checkout.ROOT, outputs / "prod", "env=prod"),
                "prod, 4 GiB": synth(checkout.ROOT, outputs / "big", *context),
                "prod, ten": synth(checkout.ROOT, outputs / "ten", *ten_endpoints(ten)),
            }
            for command in commands.values():  # makes the packages, and warms the caches of files
                timed(command, environment)
            times: dict[str, list[float]] = {app: [] for app in commands}
            for _ in range(rounds):
                for app, command in commands.items():
                    times[app].append(timed(command, environment))
    return times


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Times cdk synth: alone, with a big model, with ten endpoints.")
    parser.add_argument("--rounds", type=int, default=7, help="synths of each app (default 7)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    times = measure(arguments.rounds)
    medians = {app: statistics.median(seconds) for app, seconds in times.items()}
    ratio = medians["prod"] / medians["empty"]
    big = added(times, "prod, 4 GiB")
    endpoint = added(times, "prod, ten") / (ENDPOINTS - 1)
    if arguments.json:
        measured = {"seconds": times, "medians": medians, "ratio": ratio, "added_seconds": big}
        print(json.dumps({**measured, "seconds_per_endpoint": endpoint}))
        return
    print(f"{'app':<14}{'median':>9}{'min':>9}{'max':>9}   ({arguments.rounds} rounds, seconds)")
    for app, seconds in times.items():
        print(f"{app:<14}{medians[app]:>9.2f}{min(seconds):>9.2f}{max(seconds):>9.2f}")
    print(f"\nprod / empty: {ratio:.2f} (target: at most {RATIO_TARGET})")
    print(f"4 GiB add:    {big:+.2f} s (target: at most {ADDED_TARGET} s)")
    print(
        f"an endpoint:  {1000 * endpoint:+.0f} ms, over nine more than one "
        f"(target: at most {1000 * ENDPOINT_TARGET:.0f} ms)"
    )


if __name__ == "__main__":
    main()
