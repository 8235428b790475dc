"""The trial with the software that the slim container runs, and with a real model."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assets import checkout
from assets.model_folder import find_model
from assets.package import package
from assets.preflight import PreflightError, preflight

REPOSITORY = Path(__file__).resolve().parents[4]

CACHED = """
import sys
from pathlib import Path
from types import SimpleNamespace

from assets import checkout
from assets.model_folder import find_model
from assets.package import package
from assets.preflight import preflight

checkout.ROOT = Path(sys.argv[1])
checkout.MODEL_CODE = checkout.ROOT / "model_code"
checkout.STATE = checkout.ROOT / ".slipway"

model = find_model("linear")
steps = []
target = SimpleNamespace(container="pytorch-inference", hosting="real-time", memory_size_in_mb=None)
report = preflight(package(model), model, target, progress=steps.append)
print(len(report.samples), steps)
print(sorted({"torch", "numpy", "boto3", "requests", "psutil", "http.client", "tarfile"} & set(sys.modules)))
"""


@pytest.fixture
def linear(root):
    shutil.copytree(REPOSITORY / "model_code/linear", checkout.MODEL_CODE / "linear")
    return find_model("linear")


def test_the_linear_model_passes_and_is_not_tried_again(linear, target):
    where = target(container="pytorch-inference", hosting="real-time", memory_size_in_mb=None)
    packed = package(linear)
    report = preflight(packed, linear, where, progress=lambda _: None)
    assert [sample.name for sample in report.samples] == ["json-batch", "json-row", "npy-batch"]
    assert all(sample.ok for sample in report.samples)
    assert report.memory_bytes > 100_000_000
    assert report.notes == ("the slim server stood in for the container pytorch-inference",)
    again = subprocess.run(
        [sys.executable, "-c", CACHED, checkout.ROOT], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    samples, modules = again.stdout.splitlines()
    assert samples == "3 []"
    assert modules in {"[]", "['tarfile']"}


def test_a_handler_that_fails_is_quoted(linear, target):
    (linear.path / "inference.py").write_text("def predict_fn(data, model):\n    return data.sqrt_of_it()\n")
    for sample in (linear.path / "samples").glob("*.yaml"):
        sample.unlink()
    (linear.path / "samples/one.yaml").write_text("body: [[1.0]]\n")
    with pytest.raises(PreflightError) as error:
        preflight(package(linear), linear, target(), progress=lambda _: None)
    text = str(error.value)
    assert "AttributeError" in text
    assert "sqrt_of_it" in text
