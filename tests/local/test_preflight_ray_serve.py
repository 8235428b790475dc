"""The trial of a package for AWS's Ray Serve container: Ray Serve itself is started, and nothing of it is left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from assets import checkout
from assets.inspection import target_of
from assets.model_folder import find_model
from assets.package import package
from assets.preflight import preflight

from .process_facts import lives
from .ray_endpoint import until

pytestmark = pytest.mark.timeout(600)  # the first test makes the environment

ROOT = Path(__file__).resolve().parents[2]
HANDLER = """
import sys
from pathlib import Path


def predict_fn(data, model):
    if "ray.serve" not in sys.modules:
        raise RuntimeError("this is not Ray Serve")
    return model(data)
"""
STUCK = """
import time
from pathlib import Path


def predict_fn(data, model):
    Path({begun!r}).touch()
    time.sleep(600)
"""
TRY_OUT = """
import sys
from pathlib import Path

from assets import checkout
from assets.inspection import target_of
from assets.model_folder import find_model
from assets.package import package
from assets.preflight import preflight

checkout.STATE = Path(sys.argv[2])
model = find_model(sys.argv[1])
preflight(package(model, container="ray-serve"), model, target_of("ray-serve"), progress=print)
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The model folder of a checkout's model, whose packages and trials are kept apart."""
    monkeypatch.setattr(checkout, "STATE", tmp_path / "state")
    shutil.copytree(ROOT / "model_code/linear", tmp_path / "model")
    (tmp_path / "model/samples/npy-batch.yaml").unlink()
    return tmp_path / "model"


def processes_of(folder: Path) -> list[psutil.Process]:
    """Every other process that has a folder in its command line or in its environment, as what Ray starts has."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), *process.environ().values()]
        except psutil.Error:
            continue
        if any(str(folder) in word for word in words) and process.pid != os.getpid():
            found.append(process)
    return [process for process in found if lives(process)]


def test_ray_serve_itself_answers_the_samples(model: Path, tmp_path: Path) -> None:
    (model / "inference.py").write_text(HANDLER)
    folder = find_model(str(model))
    packed = package(folder, container="ray-serve")
    report = preflight(packed, folder, target_of("ray-serve"), progress=lambda _: None)

    assert [(sample.name, sample.ok) for sample in report.samples] == [("json-batch", True), ("json-row", True)]
    assert (report.container, report.notes) == ("ray-serve", ())
    assert processes_of(tmp_path) == []


@pytest.mark.soak  # a second start of Ray Serve
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_of_ray_serve_when_the_command_is_ended(
    model: Path, tmp_path: Path, number: signal.Signals
) -> None:
    begun = tmp_path / "begun"
    (model / "inference.py").write_text(STUCK.format(begun=str(begun)))
    command = subprocess.Popen(
        [sys.executable, "-c", TRY_OUT, model, checkout.STATE], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    until(lambda: begun.exists() or command.poll() is not None)
    assert command.poll() is None
    assert any(process.name().startswith("ray::") for process in processes_of(tmp_path))
    command.send_signal(number)
    command.wait()

    until(lambda: not processes_of(tmp_path))
