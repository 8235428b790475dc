"""How long `slipway package` takes, and how much memory, beside the usual ways to make a model.tar.gz.

The weights are float32, normally distributed with a deviation of 0.02, in a TorchScript file that `weights:` in
model.yaml names.
The commands run by turns, so that what else the machine does falls on all alike; before each, the system is told
to forget the weights' pages, and what the one before wrote is removed:

- `slipway package`: the whole command, from the shell to the digest, without preflight;
- `packing alone`: reading, hashing, compressing and writing, in a process that runs already;
- `tar -czf`, and `tarfile`: Python's `tarfile.open(…, "w:gz")`;
- `sha256sum + cp`: one after the other.

Memory is the peak of the command's processes together (their resident sets: what they share counts twice), over
that of the same command with weights of 1 KiB, and over that of an idle process that has imported the command.

Run it as `.venv/bin/python benchmarks/packaging.py [--size GIB] [--rounds N] [--memory GIB …] [--json]`. It takes
some ten minutes on two cores, and disk for three times the largest size.
"""

import argparse
import inspect
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# A script's own folder comes first on sys.path, where this file would hide the library `packaging`.
sys.path[:] = [folder for folder in sys.path if Path(folder).resolve() != Path(__file__).resolve().parent]

import psutil  # noqa: E402 (see above)

from assets import checkout  # noqa: E402
from assets.model_folder import find_model  # noqa: E402
from slipway.commands.package import package_command  # noqa: E402

GIB = 2**30
SPEED_TARGET = 10
SIZE_TARGET = 1.005
PACKING_TARGET = 2
MB = 10**6
MEMORY_TARGET = 200 * MB

TARFILE = "import sys, tarfile; tarfile.open(sys.argv[2], 'w:gz').add(sys.argv[1], 'model.pt')"
WEIGHTS = """
import sys, torch

class Weights(torch.nn.Module):
    def __init__(self, count):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.empty(count).normal_(std=0.02))

    def forward(self, x):
        return x * self.weight.sum()

torch.manual_seed(0)
torch.jit.trace(Weights(int(sys.argv[2]) // 4), torch.ones(1), check_trace=False).save(sys.argv[1])
"""
IDLE = """
import psutil, slipway.cli, slipway.commands.package
print(psutil.Process().memory_info().rss)
"""
PACKING = """
import sys, time
from pathlib import Path
from assets.source_files import FileState, SourceFile
from assets.tarball import write_tarball

path = Path(sys.argv[1])
start = time.perf_counter()
write_tarball(Path(sys.argv[2]), {"model.pt": SourceFile("model.pt", path, FileState.of(path.stat()))})
print(time.perf_counter() - start)
"""


@contextmanager
def model(folder: Path, size: int) -> Iterator[Path]:
    """Make a model folder with weights of `size` bytes; what is packaged of it is removed again."""
    folder.mkdir()
    # In a process of its own, which gives the memory back.
    subprocess.run([sys.executable, "-W", "ignore", "-c", WEIGHTS, folder / "weights.pt", str(size)], check=True)
    (folder / "model.yaml").write_text("weights: weights.pt\n")
    try:
        yield folder
    finally:
        forget(folder)
        shutil.rmtree(folder)


def forget(folder: Path) -> None:
    """Remove what Slipway keeps about a model, and have the system forget the pages of its weights."""
    for made in checkout.STATE.glob(f"*/{find_model(str(folder)).state_name}*"):
        shutil.rmtree(made) if made.is_dir() else made.unlink()
    # The operators of graphs are kept by the code of an archive, whichever model it is of.
    for made in checkout.STATE.glob("inspections/*/graphs.json"):
        shutil.rmtree(made.parent)
    os.sync()
    descriptor = os.open(folder / "weights.pt", os.O_RDONLY)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def slipway(folder: Path) -> list[str]:
    """Return the command that packages a model."""
    options = ["--no-preflight"] if "preflight" in inspect.signature(package_command).parameters else []
    return [str(Path(sys.executable).with_name("slipway")), "package", str(folder), "--json", *options]


def run(command: list[str]) -> str:
    """Run a command in the checkout and return what it prints."""
    result = subprocess.run(command, cwd=checkout.ROOT, capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(result.stderr)
    return result.stdout


def timed(command: list[str]) -> float:
    """Run a command and return its wall time in seconds."""
    start = time.perf_counter()
    run(command)
    return time.perf_counter() - start


def measure_times(folder: Path, rounds: int) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Run all ways by turns; their wall times in seconds, and the sizes of their tarballs in bytes."""
    weights, made = str(folder / "weights.pt"), folder.with_name("made")
    sizes: dict[str, int] = {}

    def package() -> float:
        start = time.perf_counter()
        sizes["slipway package"] = json.loads(run(slipway(folder)))["size"]
        return time.perf_counter() - start

    ways: dict[str, Callable[[], float]] = {
        "slipway package": package,
        "packing alone": lambda: float(run([sys.executable, "-c", PACKING, weights, str(made)])),
        "tar -czf": lambda: timed(["tar", "-czf", str(made), "-C", str(folder), "weights.pt"]),
        "tarfile": lambda: timed([sys.executable, "-c", TARFILE, weights, str(made)]),
        "sha256sum + cp": lambda: timed(["sha256sum", weights]) + timed(["cp", weights, str(made)]),
    }
    times: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(rounds):
        for way, seconds in ways.items():
            print(f"round {number + 1} of {rounds}: {way}", file=sys.stderr)
            forget(folder)
            times[way].append(seconds())
            if made.exists():
                sizes.setdefault(way, made.stat().st_size)
                made.unlink()
    return times, sizes


def peak_memory(folder: Path) -> int:
    """Package a model and return the most memory, in bytes, that the command's processes had together."""
    forget(folder)
    peak = 0
    process = subprocess.Popen(slipway(folder), cwd=checkout.ROOT, stdout=subprocess.DEVNULL)
    ended = threading.Event()

    def watch() -> None:
        nonlocal peak
        root = psutil.Process(process.pid)
        while not ended.wait(0.01):
            try:
                tree = [root, *root.children(recursive=True)]
                peak = max(peak, sum(each.memory_info().rss for each in tree))
            except psutil.NoSuchProcess:
                continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = process.wait()
    ended.set()
    watcher.join()
    if status:
        sys.exit(status)
    return peak


def idle_memory() -> int:
    """Return the memory, in bytes, of a process that has imported the command."""
    return int(run([sys.executable, "-c", IDLE]))


def measure_memory(folder: Path, sizes: list[float]) -> dict[str, int]:
    """Return the peak memory, in bytes, of an idle process, and for weights of 1 KiB and of each size in GiB."""
    peaks = {"idle": idle_memory()}
    for name, size in [("1 KiB", 1024), *((f"{size:g} GiB", int(size * GIB)) for size in sizes)]:
        print(f"memory for weights of {name}", file=sys.stderr)
        with model(folder / "memory", size) as made:
            peaks[name] = peak_memory(made)
    return peaks


def print_results(times: dict[str, list[float]], sizes: dict[str, int], peaks: dict[str, int]) -> None:
    """Print a table, and each ratio beside its target."""
    medians = {way: statistics.median(seconds) for way, seconds in times.items()}
    print(f"{'':<17}{'median':>9}{'min':>9}{'max':>9}{'bytes':>14}   (seconds)")
    for way, seconds in times.items():
        print(f"{way:<17}{medians[way]:>9.2f}{min(seconds):>9.2f}{max(seconds):>9.2f}{sizes.get(way, ''):>14}")
    print()
    for rival in ("tar -czf", "tarfile"):
        ratio = medians[rival] / medians["slipway package"]
        print(f"{rival} / slipway package:{'':<12}{ratio:7.2f} (target: at least {SPEED_TARGET})")
        ratio = sizes["slipway package"] / sizes[rival]
        print(f"size, slipway / {rival}:{'':<15}{ratio:7.4f} (target: at most {SIZE_TARGET})")
    ratio = medians["packing alone"] / medians["sha256sum + cp"]
    print(f"packing alone / (sha256sum + cp):{'':<9}{ratio:7.2f} (target: at most {PACKING_TARGET})")
    idle, small, *_ = peaks.values()
    for name, peak in peaks.items():
        over = "" if name == "idle" else f"  {(peak - idle) / MB:+5.0f} MB over idle"
        grown = "" if name in {"idle", "1 KiB"} else f", {(peak - small) / MB:+.0f} MB over 1 KiB"
        target = f" (target: less than {MEMORY_TARGET / MB:.0f})" if grown else ""
        print(f"peak memory, {name:<10}{peak / MB:7.0f} MB{over}{grown}{target}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Times slipway package against tar, tarfile, sha256sum and cp.")
    parser.add_argument("--size", type=float, default=1, help="GiB of weights for the times (default 1)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each way (default 3)")
    parser.add_argument("--memory", type=float, nargs="*", default=[1, 4], help="GiB of weights for the memory")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        with model(Path(name) / "times", int(arguments.size * GIB)) as folder:
            times, sizes = measure_times(folder, arguments.rounds)
        peaks = measure_memory(Path(name), arguments.memory)
    if arguments.json:
        print(json.dumps({"seconds": times, "bytes": sizes, "peak_memory": peaks}))
        return
    print_results(times, sizes, peaks)


if __name__ == "__main__":
    main()
