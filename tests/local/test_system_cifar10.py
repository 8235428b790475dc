"""model_code/cifar10: trained in a process here, then hosted by AWS on this machine."""

from __future__ import annotations

import importlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from assets.checkout import ROOT

from .conftest import Machine, Project

pytestmark = pytest.mark.timeout(600)  # a training, and a deployment with the real CDK CLI

FOLDER = ROOT / "model_code" / "cifar10"
EXAMPLE = ROOT / "environments" / "examples" / "cifar10.yaml"
NPY = "application/x-npy"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    command = [sys.executable, FOLDER / "generate.py", folder, "--images-per-batch", "60"]
    subprocess.run(command, check=True)
    return folder


@pytest.fixture(scope="module")
def project(machine: Machine, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The example's own settings, with a network that was trained for a moment."""
    made = Project(machine, tmp_path_factory.mktemp("cifar10"), "images")
    # The samples expect the answers of another training; their layout is what --image reads.
    shutil.copytree(FOLDER, made.model, ignore=shutil.ignore_patterns("trained", "__pycache__"))
    settings = yaml.safe_load(EXAMPLE.read_text())
    endpoint = {**settings["endpoints"]["cifar10"], "model": str(made.model)}
    made.write(endpoints={"scores": endpoint}, training=settings["training"])
    options = ["--hyperparameter", "epochs=3", "--hyperparameter", "batch-size=25"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")  # threads of several tests at a time wait for one another
        trained = made.slipway("train", str(made.model), "--data", str(data), *options)
    assert "epoch 3 of 3" in trained.stderr
    made.deploy()
    yield made
    cloudformation = machine.client("cloudformation")
    cloudformation.delete_stack(StackName=made.stack("training"))
    waiter = cloudformation.get_waiter("stack_delete_complete")
    waiter.wait(StackName=made.stack("training"), WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    made.remove()


@pytest.fixture(scope="module")
def modules(project: Project) -> SimpleNamespace:
    """The trained folder's own modules."""
    names = [path.stem for path in project.model.glob("*.py")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(project.model), *sys.path])
        found = {name: importlib.import_module(name) for name in ("images", "model", "python_batches")}
    for name in names:
        sys.modules.pop(name, None)
    return SimpleNamespace(**found)


def test_a_batch_is_answered_as_by_the_model_in_torch(
    project: Project, data: Path, modules: SimpleNamespace
) -> None:
    pixels, _ = modules.python_batches.load_images(data, modules.python_batches.TEST)
    images = modules.images.normalize(pixels)
    body = io.BytesIO()
    np.save(body, images.numpy())
    parameter = project.machine.client("ssm").get_parameter(Name=f"/{project.name}/local/scores/endpoint-name")

    answer = project.machine.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=parameter["Parameter"]["Value"], ContentType=NPY, Accept=NPY, Body=body.getvalue()
    )

    with torch.inference_mode():
        expected = modules.model.create_model().eval()(images).numpy()
    assert np.allclose(np.load(io.BytesIO(answer["Body"].read())), expected, atol=1e-3)


def test_an_image_file_is_answered_with_its_class(
    project: Project, data: Path, modules: SimpleNamespace, tmp_path: Path
) -> None:
    pixels, _ = modules.python_batches.load_images(data, modules.python_batches.TEST)
    Image.fromarray(pixels[0].transpose(1, 2, 0)).save(tmp_path / "picture.png")

    answered = project.slipway("invoke", "scores", "--image", str(tmp_path / "picture.png"))

    (answer,) = json.loads(answered.stdout)
    with torch.inference_mode():
        scores = modules.model.create_model().eval()(modules.images.normalize(pixels[:1]))[0]
    assert answer["class"] == modules.images.CLASSES[int(scores.argmax())]
    assert np.allclose(list(answer["scores"].values()), scores.numpy(), atol=1e-3)


def test_the_training_role_is_deployed_and_found(project: Project) -> None:
    parameter = project.machine.client("ssm").get_parameter(Name=f"/{project.name}/local/training-role-arn")
    name = parameter["Parameter"]["Value"].rpartition("/")[2]
    assert project.machine.client("iam").get_role(RoleName=name)["Role"]["Arn"] == parameter["Parameter"]["Value"]
