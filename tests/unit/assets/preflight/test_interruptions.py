"""However a trial ends, nothing of it runs on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from assets import checkout
from assets.preflight import PreflightError

TRY_OUT = """
import sys
from pathlib import Path
from types import SimpleNamespace

from assets import checkout
from assets.model_folder import find_model
from assets.package import Package
from assets.preflight import preflight, trial
from assets.preflight.server_choice import ServerChoice

checkout.ROOT = Path(sys.argv[1])
checkout.MODEL_CODE = checkout.ROOT / "model_code"
checkout.STATE = checkout.ROOT / ".slipway"


def stand_in(container, model_dir, port, packages_dir):
    return ServerChoice(container, (sys.executable, str(model_dir / "behaviour.py")), {})


trial.choose_server = stand_in
target = SimpleNamespace(container="slim", hosting=None, memory_size_in_mb=None)
package = Package("toy", Path(sys.argv[2]), 1, "digest", "inference.py")
preflight(package, find_model("toy"), target, progress=lambda line: None)
"""

# Two processes that do not listen to SIGTERM; the second is in a process group of its own.
STUBBORN = """
import os, signal, subprocess, sys, time
from pathlib import Path

signal.signal(signal.SIGTERM, signal.SIG_IGN)
sleep = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", sleep], process_group=0)
pids = Path({pids!r})
pids.with_suffix(".tmp").write_text(f"{{os.getpid()}} {{child.pid}} {{os.getppid()}}")
pids.with_suffix(".tmp").rename(pids)
time.sleep(600)
"""


def wait_until(condition, what, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def trial_in_progress(toy, tmp_path):
    """Start a trial of a stubborn server in another process; returns it and the processes of the server."""
    pids = tmp_path / "pids"
    package = toy.behave(STUBBORN.format(pids=str(pids)))
    checkout_path = Path(__file__).resolve().parents[4]
    process = subprocess.Popen(
        [sys.executable, "-c", TRY_OUT, checkout.ROOT, package.path],
        cwd=checkout_path,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(pids.exists, "the server's start")
    server, child, supervisor = map(int, pids.read_text().split())
    yield process, server, child, supervisor
    for pid in (process.pid, supervisor, server, child):
        if not is_gone(pid):
            os.kill(pid, signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_with_the_command(trial_in_progress, toy, number):
    process, *others = trial_in_progress
    process.send_signal(number)
    process.wait(30)
    assert process.returncode != 0
    for pid in others:
        wait_until(lambda pid=pid: is_gone(pid), f"the end of {pid}")
    if number == signal.SIGINT:
        assert not toy.left()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with the one that started it")
def test_the_server_ends_with_its_supervisor(trial_in_progress):
    process, server, _, supervisor = trial_in_progress
    os.kill(supervisor, signal.SIGKILL)
    wait_until(lambda: is_gone(server), "the end of the server")
    assert process.wait(30) != 0


def test_what_a_killed_trial_left_is_removed_by_the_next_one(trial_in_progress, toy):
    process = trial_in_progress[0]
    process.kill()
    process.wait()
    assert toy.left()
    echo = "def answer(body, content_type):\n    return 200, content_type, body\n"
    report, _ = toy.try_out(toy.behave(echo))
    assert [sample.ok for sample in report.samples] == [True]
    assert not toy.left()


def test_a_stubborn_server_ends_with_the_time_limit(toy, tmp_path):
    pids = tmp_path / "pids"
    with pytest.raises(PreflightError, match="not ready"):
        toy.try_out(toy.pack({"behaviour.py": STUBBORN.format(pids=str(pids)).encode()}), time_limit=2.0)
    for pid in map(int, pids.read_text().split()):
        assert is_gone(pid)
