"""model_code/sdk_defaults, deployed: without a handler, with one function and a requirement, and its clients."""

from __future__ import annotations

import io
import json
import os
import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from assets.checkout import ROOT
from slipway import PredictionError, Predictor

from .conftest import Machine, Project
from .test_own_container import write_wheel

pytestmark = pytest.mark.timeout(600)  # a deployment of two endpoints

FOLDER = ROOT / "model_code" / "sdk_defaults"
PIXELS = np.float32([[0.9, 0.2, 0.1], [0.1, 0.1, 0.8], [0.95, 0.9, 0.2]])
HANDLER_WITH_REQUIREMENT = """
import added
{handler}

def output_fn(prediction, accept):
    return {{"version": added.VERSION, "probabilities": prediction.tolist()}}
"""


@pytest.fixture(scope="module")
def colours(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The model as it is, and once more with its own input_fn and a package that its container installs."""
    folder = tmp_path_factory.mktemp("colours")
    tensors = folder / "tensors"
    shutil.copytree(FOLDER, tensors, ignore=shutil.ignore_patterns("samples"))
    write_wheel(tensors, 1)
    handler = (FOLDER / "handlers" / "input_fn.py").read_text()
    (tensors / "inference.py").write_text(HANDLER_WITH_REQUIREMENT.format(handler=handler))
    (tensors / "requirements.txt").write_text("--no-index\n--find-links .\nadded==1\n")
    endpoint = yaml.safe_load((ROOT / "environments/examples/sdk-defaults.yaml").read_text())["endpoints"]
    project = Project(machine, folder, "colours")
    [own] = endpoint.values()
    project.write(endpoints={"scores": own, "tensors": {**own, "model": str(tensors)}})
    project.deploy()
    yield project
    project.destroy()


@pytest.fixture(scope="module")
def expected() -> np.ndarray:
    """What the same module answers when torch calls it."""
    model = runpy.run_path(str(FOLDER / "model.py"))["create_model"]()
    with torch.inference_mode():
        return model(torch.from_numpy(PIXELS)).numpy()


@pytest.fixture
def predictor(colours: Project, monkeypatch: pytest.MonkeyPatch) -> Predictor:
    monkeypatch.setenv("SLIPWAY_ENVIRONMENTS", str(colours.environments))
    monkeypatch.setenv("SLIPWAY_LOCAL_FOLDER", str(colours.machine.folder))
    return Predictor("scores", env="local")


def test_predict_sends_and_receives_arrays(predictor: Predictor, expected: np.ndarray) -> None:
    before = dict(os.environ)

    answer = predictor.predict(PIXELS)

    assert answer.dtype == np.float32
    np.testing.assert_allclose(answer, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(predictor.predict(PIXELS.tolist()), expected, rtol=0, atol=1e-6)
    assert dict(os.environ) == before


def test_what_the_model_does_not_take_is_refused_with_the_reason(predictor: Predictor) -> None:
    with pytest.raises(PredictionError, match="the model does not accept") as caught:
        predictor.predict(np.zeros((2, 4)))
    assert caught.value.status == 400


def test_a_tensor_goes_to_the_input_fn_and_the_requirement_is_installed(
    colours: Project, expected: np.ndarray
) -> None:
    body = io.BytesIO()
    torch.save(torch.from_numpy(PIXELS), body)
    runtime = colours.machine.client("sagemaker-runtime")

    answer = runtime.invoke_endpoint(
        EndpointName=f"{colours.name}-local-tensors-serverless",
        ContentType="application/x-pt",
        Body=body.getvalue(),
    )

    told = json.loads(answer["Body"].read())
    assert told["version"] == 1
    np.testing.assert_allclose(told["probabilities"], expected, rtol=0, atol=1e-6)


def test_the_sagemaker_sdk_drives_the_endpoint(colours: Project, expected: np.ndarray) -> None:
    example = ROOT / "docs" / "examples" / "sagemaker_core_endpoint.py"
    parameter = f"/{colours.name}/local/scores/endpoint-name"

    done = colours.machine.run("python", str(example), parameter, json.dumps(PIXELS.tolist()))

    status, answer = done.stdout.splitlines()[-2:]
    assert status == "InService"
    np.testing.assert_allclose(json.loads(answer), expected, rtol=0, atol=1e-6)


def test_slipway_invoke_sends_a_file_of_arrays(colours: Project, expected: np.ndarray, tmp_path: Path) -> None:
    np.savetxt(tmp_path / "pixels.csv", PIXELS, delimiter=",")

    answer: Any = json.loads(colours.slipway("invoke", "scores", "--file", str(tmp_path / "pixels.csv")).stdout)

    np.testing.assert_allclose(answer, expected, rtol=0, atol=1e-6)
