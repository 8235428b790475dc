"""model_code/sdk_defaults: the whole contract of the model server, with no handler file at all."""

from __future__ import annotations

import io
import json
import pickle
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from assets import checkout
from assets.model_folder import find_model
from assets.preflight.answers import difference
from assets.samples import Sample, load_samples

from .conftest import Unpack

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")

FOLDER = checkout.MODEL_CODE / "sdk_defaults"
MODEL = runpy.run_path(str(FOLDER / "model.py"))
PIXELS = np.float32([[0.9, 0.2, 0.1], [0.1, 0.1, 0.8], [0.95, 0.9, 0.2]])
JSON, CSV, NPY = "application/json", "text/csv", "application/x-npy"


def encoded(array: Any, content_type: str) -> bytes:
    """Write numbers as a client would, without the server's own code."""
    file = io.BytesIO()
    if content_type == JSON:
        return json.dumps(array.tolist()).encode()
    if content_type == CSV:
        np.savetxt(file, array, delimiter=",")
    else:
        np.save(file, array)
    return file.getvalue()


def decoded(body: bytes, content_type: str) -> Any:
    if content_type == JSON:
        return np.array(json.loads(body))
    return np.loadtxt(io.BytesIO(body), delimiter=",") if content_type == CSV else np.load(io.BytesIO(body))


@pytest.fixture(scope="module")
def expected() -> np.ndarray:
    """What the same module answers when torch calls it."""
    with torch.inference_mode():
        return MODEL["create_model"]()(torch.from_numpy(PIXELS)).numpy()


@pytest.fixture(scope="module")
def model_dir(unpack: Unpack) -> Path:
    return unpack("sdk_defaults")


@pytest.fixture
def client(model_dir: Path, serve: Callable[..., Any]) -> Any:
    return serve(model_dir)


def test_the_prediction_is_the_nearest_colour(expected: np.ndarray) -> None:
    names = list(MODEL["COLOURS"])
    assert [names[place] for place in expected.argmax(axis=1)] == ["red", "blue", "yellow"]
    np.testing.assert_allclose(expected.sum(axis=1), 1, atol=1e-6)


def test_the_tarball_has_the_model_at_its_top_and_no_handler(model_dir: Path) -> None:
    assert (model_dir / "model.pt").is_file()
    assert not list((model_dir / "code").rglob("*.py"))


@pytest.mark.parametrize("accept", [JSON, CSV, NPY])
@pytest.mark.parametrize("content_type", [JSON, CSV, NPY])
def test_each_content_type_in_and_each_out(
    client: Any, expected: np.ndarray, content_type: str, accept: str
) -> None:
    """The default input_fn reads the three, predict_fn calls the model, output_fn writes the three."""
    answer = client.invoke(encoded(PIXELS, content_type), content_type, accept)

    assert (answer.status, answer.content_type) == (200, accept)
    np.testing.assert_allclose(decoded(answer.body, accept), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/python-pickle", pickle.dumps([[0.9, 0.2, 0.1]])),
        ("application/x-pt", b""),
        ("text/html", b"<p>"),
    ],
    ids=["a pickle", "a tensor of torch.save", "a page"],
)
def test_another_content_type_is_415(client: Any, content_type: str, body: bytes) -> None:
    answer = client.invoke(body, content_type)

    assert answer.status == 415
    assert content_type in answer.reason


def test_a_pickle_inside_npy_is_never_loaded(client: Any, tmp_path: Path) -> None:
    class Touches:
        """A pickle that makes a file when it is loaded."""

        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "loaded",)

    body = io.BytesIO()
    np.save(body, np.array([Touches()], dtype=object), allow_pickle=True)

    assert client.invoke(body.getvalue(), NPY).status == 400
    assert not (tmp_path / "loaded").exists()


def test_an_accept_that_nothing_can_be_written_as_is_406(client: Any) -> None:
    assert client.invoke(encoded(PIXELS, JSON), JSON, "text/html").status == 406


def test_one_pixel_is_answered_with_one_row(client: Any, expected: np.ndarray) -> None:
    answer = client.invoke(PIXELS[0].tolist())

    np.testing.assert_allclose(answer.json(), expected[0], rtol=0, atol=1e-6)


SAMPLES = load_samples(find_model("sdk_defaults"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_is_answered_as_it_expects(client: Any, sample: Sample) -> None:
    answer = client.invoke(sample.body, sample.content_type, sample.accept)

    assert sample.expected is not None
    assert answer.content_type == sample.accept
    assert difference(sample.expected, answer.body, sample.accept, sample.tolerance) is None


def test_each_content_type_has_a_sample() -> None:
    assert {sample.content_type for sample in SAMPLES} == {JSON, CSV, NPY}
