"""model_code/cifar10, packed and served: batches of images in, scores of the classes out."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from assets.model_folder import find_model
from assets.preflight.answers import difference
from assets.samples import load_samples

from ..serving.conftest import Client  # noqa: TID252 (as the other models' tests)
from .cifar10_modules import FOLDER, cifar10

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")

NPY = "application/x-npy"
JSON = "application/json"


@pytest.fixture(scope="module")
def packed(unpack: Callable[[Path | str], Path]) -> Path:
    return unpack("cifar10")


@pytest.fixture
def client(packed: Path, serve: Callable[[Path], Client]) -> Client:
    return serve(packed)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> tuple[np.ndarray, np.ndarray]:
    folder = tmp_path_factory.mktemp("data")
    cifar10.generate.generate(folder, 200, seed=77)
    pixels, labels = cifar10.python_batches.load_images(folder, cifar10.python_batches.TEST)
    return pixels, labels


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_the_tarball_has_what_serves_and_not_what_draws_images(packed: Path) -> None:
    code = {path.name for path in (packed / "code").iterdir() if path.is_file()}
    assert {"train.py", "images.py"} <= code
    assert not code & {
        "generate.py",
        "pictures.py",
        "batch_writer.py",
        "make_samples.py",
        "model.py",
        "weights.pth",
    }


def test_a_batch_of_images_is_answered_with_scores_of_which_the_highest_is_the_class(
    client: Client, images: tuple[np.ndarray, np.ndarray]
) -> None:
    pixels, labels = images
    tensor = cifar10.images.normalize(pixels)

    answer = client.invoke(npy(tensor.numpy()), NPY, NPY)

    assert (answer.status, answer.headers["content-type"]) == (200, NPY)
    outputs = np.load(io.BytesIO(answer.body))
    _, predicted = torch.max(torch.from_numpy(np.array(outputs)), 1)
    assert outputs.shape == (200, 10)
    assert (predicted.numpy() == labels).mean() >= 0.9
    with torch.inference_mode():
        assert np.allclose(outputs, cifar10.model.create_model().eval()(tensor).numpy(), atol=1e-3)


def test_pixels_are_normalized_by_the_handler(client: Client, images: tuple[np.ndarray, np.ndarray]) -> None:
    pixels = images[0][:7]
    floats = client.invoke(npy(cifar10.images.normalize(pixels).numpy()), NPY, NPY)
    assert client.invoke(npy(pixels), NPY, NPY).body == floats.body


def test_json_names_the_class_and_the_scores_of_all(client: Client, images: tuple[np.ndarray, np.ndarray]) -> None:
    one = images[0][:1]
    answer = client.invoke(npy(one[0]), NPY, JSON)  # one image without a batch around it
    scores = np.load(io.BytesIO(client.invoke(npy(one), NPY, NPY).body))
    (named,) = json.loads(answer.body)
    assert list(named["scores"]) == list(cifar10.images.CLASSES)
    assert np.allclose(list(named["scores"].values()), scores[0])
    assert named["class"] == cifar10.images.CLASSES[scores[0].argmax()]


@pytest.mark.parametrize("sample", load_samples(find_model("cifar10")), ids=lambda sample: sample.name)
def test_a_sample_is_answered_as_expected(client: Client, sample: Any) -> None:
    answer = client.invoke(sample.body, sample.content_type, sample.accept)
    assert sample.expected
    assert difference(sample.expected, answer.body, sample.accept, sample.tolerance) is None


def test_the_sample_of_a_cat_shows_one() -> None:
    (cat,) = [sample for sample in load_samples(find_model("cifar10")) if sample.name == "cat"]
    assert json.loads(cat.expected or b"")[0]["class"] == "cat"


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (npy(np.zeros((1, 3, 32, 31), np.uint8)), NPY, "Shape (1, 3, 32, 31): send images of (3, 32, 32)"),
        (npy(np.zeros((1, 1, 3, 32, 32), np.uint8)), NPY, "Shape (1, 1, 3, 32, 32): send images"),
        (
            npy(np.zeros((1, 3, 32, 32), np.int64)),
            NPY,
            "Send pixels as uint8, or normalized images as floats",
        ),
        (npy(np.full((1, 3, 32, 32), np.nan)), NPY, "Not all floats are finite"),
        (npy(np.full((1, 3, 32, 32), 1e300)), NPY, "send normalized images as floats that are finite in float32"),
        (
            npy(np.full((1, 3, 32, 32), 3e38, np.float32)),
            NPY,
            "is 3e+38; normalized pixels lie between -1 and 1",
        ),
        (
            npy(np.full((1, 3, 32, 32), -10_001.0)),
            NPY,
            "is -10001; normalized pixels lie between -1 and 1",
        ),
        (npy(np.array([{}], object)), NPY, "The body is no NPY file"),
        (b"\x93NUMPY", NPY, "The body is no NPY file"),
        (b"[1]", JSON, "Content type 'application/json' is not supported; send application/x-npy"),
    ],
    ids=[
        "other-size",
        "too-deep",
        "whole-numbers",
        "nan",
        "infinite",
        "large",
        "low",
        "pickle",
        "damaged",
        "json",
    ],
)
def test_what_it_cannot_take_is_the_clients_mistake(
    client: Client, body: bytes, content_type: str, reason: str
) -> None:
    answer = client.invoke(body, content_type)
    assert answer.status == 400
    assert reason in answer.body.decode()


def test_the_largest_numbers_that_are_taken_have_finite_scores(client: Client) -> None:
    images = np.where(np.random.default_rng(0).random((2, 3, 32, 32)) < 0.5, -1e4, 1e4)
    assert np.isfinite(np.load(io.BytesIO(client.invoke(npy(images), NPY, NPY).body))).all()


def test_without_its_weights_the_model_says_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cifar10.model, "WEIGHTS", tmp_path / "weights.pth")
    with pytest.raises(FileNotFoundError, match="train it first: slipway train cifar10 --data DIR"):
        cifar10.model.create_model()


def test_the_committed_weights_are_small() -> None:
    assert (FOLDER / "trained" / "weights.pth").stat().st_size < 1024**2
