"""model_code/linear_serve: a toy model in TorchScript, and a handler that is not called inference.py."""

from __future__ import annotations

import json
import runpy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from assets import checkout
from assets.errors import AssetError
from assets.model_folder import find_model
from assets.preflight.answers import difference
from assets.samples import load_samples

from .conftest import Unpack

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")

FOLDER = checkout.MODEL_CODE / "linear_serve"
MODEL = runpy.run_path(str(FOLDER / "model.py"), run_name="linear_serve_model")
CPU = torch.device("cpu")
ROWS = [[0.5, -1.2, 3.3, 0.0, 1.1, -0.7, 2.4, 0.9, -2.0, 0.1], [1.0] * 10]


@pytest.fixture(scope="module")
def expected() -> np.ndarray:
    with torch.inference_mode():
        return MODEL["create_model"]()(torch.tensor(ROWS)).numpy()


@pytest.fixture(scope="module")
def model_dir(unpack: Unpack) -> Path:
    return unpack("linear_serve")


@pytest.fixture
def client(model_dir: Path, serve: Callable[..., Any]) -> Any:
    return serve(model_dir)


def test_the_model_is_saved_and_loaded_as_torchscript(tmp_path: Path) -> None:
    model = MODEL["create_model"]()
    MODEL["save_model"](model, tmp_path / "test_model.pt")
    loaded = MODEL["load_model"](tmp_path / "test_model.pt", CPU)

    output = loaded(torch.rand(10, generator=torch.Generator().manual_seed(0)).unsqueeze(0))[0]

    assert output.shape == (2,)
    assert output.detach().numpy().sum() == pytest.approx(1)
    assert torch.equal(loaded(torch.tensor(ROWS)), model(torch.tensor(ROWS)))


def test_slipways_export_answers_as_the_saved_model(model_dir: Path, expected: np.ndarray) -> None:
    exported = MODEL["load_model"](model_dir / "model.pt", CPU)

    with torch.inference_mode():
        np.testing.assert_array_equal(exported(torch.tensor(ROWS)).numpy(), expected)


def test_serve_py_is_the_handler_and_brings_what_it_imports(model_dir: Path) -> None:
    assert json.loads((model_dir / "serving.json").read_text())["entry_point"] == "serve.py"
    assert {file.name for file in (model_dir / "code").glob("*.py")} == {"serve.py", "model.py"}


def test_its_functions_answer(client: Any, expected: np.ndarray) -> None:
    answer = client.invoke(ROWS)

    assert (answer.status, answer.content_type) == (200, "application/json")
    np.testing.assert_allclose(answer.json(), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"1,2", "text/csv", "the content type text/csv is not supported; send application/json"),
        (b"{", "application/json", "Expecting property name"),
        (b"[[1, 2]]", "application/json", "shape (1, 2): send rows of 10 numbers"),
        (b'["a"]', "application/json", "the body holds no rows of numbers"),
        (b"null", "application/json", "the body holds no rows of numbers"),
    ],
    ids=["another content type", "no JSON", "another shape", "text", "nothing"],
)
def test_what_input_fn_refuses_is_the_clients_mistake(
    client: Any, body: bytes, content_type: str, reason: str
) -> None:
    answer = client.invoke(body, content_type)

    assert answer.status == 400
    assert reason in answer.reason


@pytest.mark.parametrize(("accept", "status"), [("text/csv", 200), ("application/x-npy", 200), ("text/html", 406)])
def test_another_accept_is_the_servers_to_write_or_to_refuse(client: Any, accept: str, status: int) -> None:
    assert client.invoke(ROWS, accept=accept).status == status


def test_its_samples_are_answered_as_they_expect(client: Any) -> None:
    for sample in load_samples(find_model("linear_serve")):
        answer = client.invoke(sample.body, sample.content_type, sample.accept)
        assert sample.expected is not None
        assert difference(sample.expected, answer.body, sample.accept, sample.tolerance) is None


def test_a_file_that_was_saved_before_is_packed_as_it_is(
    unpack: Unpack, serve: Callable[..., Any], tmp_path: Path, expected: np.ndarray
) -> None:
    """`weights: model.pth` in place of Slipway's export, and no handler: the defaults load the only .pth."""
    folder = tmp_path / "ready"
    folder.mkdir()
    MODEL["save_model"](MODEL["create_model"](), folder / "model.pth")
    (folder / "model.yaml").write_text("weights: model.pth\n")

    model_dir = unpack(folder)

    assert (model_dir / "model.pth").read_bytes() == (folder / "model.pth").read_bytes()
    np.testing.assert_allclose(serve(model_dir).invoke(ROWS).json(), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["model/serve.py", "../serve.py", "/opt/ml/code/serve.py"])
def test_an_entry_point_with_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "model.yaml").write_text(f"entry_point: {name}\n")

    with pytest.raises(AssetError, match=f"entry_point: '{name}' is no name of a Python file in the model folder"):
        find_model(str(tmp_path))


def test_a_handler_that_is_named_but_not_there_is_refused(unpack: Unpack, tmp_path: Path) -> None:
    folder = tmp_path / "linear_serve"
    shutil.copytree(FOLDER, folder)
    (folder / "serve.py").rename(folder / "other.py")

    with pytest.raises(AssetError, match=r"serve\.py"):
        unpack(folder)
