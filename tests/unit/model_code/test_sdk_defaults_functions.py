"""model_code/sdk_defaults/handlers: one function of the contract each; what is left out stays the default."""

from __future__ import annotations

import io
import pickle
import runpy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from serving.core.context import Context, RequestProcessor
from serving.core.defaults import find_device

from .conftest import Unpack
from .test_sdk_defaults import CSV, FOLDER, JSON, MODEL, NPY, PIXELS, decoded, encoded

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")

HANDLERS = FOLDER / "handlers"


@pytest.fixture(scope="module")
def unpacked(unpack: Unpack, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return what is in the tarball of the model with one of the handlers; each is packaged once."""
    made: dict[str, Path] = {}

    def package(name: str) -> Path:
        if name not in made:
            folder = tmp_path_factory.mktemp("models") / name
            shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("samples", "README.md"))
            shutil.copy(HANDLERS / f"{name}.py", folder / "inference.py")
            if name == "model_fn":
                state = {key: value * 2 for key, value in MODEL["create_model"]().state_dict().items()}
                torch.save(state, folder / "model.pth")
                (folder / "model.yaml").write_text("weights: model.pth\nignore: [handlers]\n")
            made[name] = unpack(folder)
        return made[name]

    return package


@pytest.fixture
def client(unpacked: Callable[[str], Path], serve: Callable[[Path], Any]) -> Callable[[str], Any]:
    return lambda name: serve(unpacked(name))


@pytest.fixture(scope="module")
def expected() -> np.ndarray:
    with torch.inference_mode():
        return MODEL["create_model"]()(torch.from_numpy(PIXELS)).numpy()


def saved(value: Any) -> bytes:
    body = io.BytesIO()
    torch.save(value, body)
    return body.getvalue()


def context(gpu: int | None, requests: int = 1) -> Context:
    processors = [RequestProcessor({}, str(place)) for place in range(requests)]
    return Context({"gpu_id": gpu, "model_dir": "/opt/ml/model"}, processors)


class TestModelFn:
    def test_it_loads_a_state_dict_into_the_models_own_class(self, client: Callable[[str], Any]) -> None:
        """The weights in model.pth are twice those that the class is made with."""
        model = MODEL["create_model"]()
        model.load_state_dict({key: value * 2 for key, value in model.state_dict().items()})

        answer = client("model_fn").invoke(encoded(PIXELS, NPY), NPY, NPY)

        with torch.inference_mode():
            wanted = model(torch.from_numpy(PIXELS)).numpy()
        np.testing.assert_allclose(decoded(answer.body, NPY), wanted, rtol=0, atol=1e-6)

    def test_the_tarball_has_the_state_dict_and_the_class_that_the_handler_imports(
        self, unpacked: Callable[[str], Path]
    ) -> None:
        folder = unpacked("model_fn")
        assert (folder / "model.pth").is_file()
        assert {file.name for file in (folder / "code").glob("*.py")} == {"inference.py", "model.py"}

    @pytest.mark.parametrize("content_type", [JSON, CSV, NPY])
    def test_the_other_functions_stay_the_defaults(self, client: Callable[[str], Any], content_type: str) -> None:
        assert client("model_fn").invoke(encoded(PIXELS, content_type), content_type, content_type).status == 200


class TestInputFn:
    def test_a_tensor_of_torch_save_is_read(self, client: Callable[[str], Any], expected: np.ndarray) -> None:
        answer = client("input_fn").invoke(saved(torch.from_numpy(PIXELS).double()), "application/x-pt", NPY)

        np.testing.assert_allclose(decoded(answer.body, NPY), expected, rtol=0, atol=1e-6)

    def test_code_in_its_pickle_never_runs(self, client: Callable[[str], Any], tmp_path: Path) -> None:
        class Touches:
            """A pickle that makes a file when it is loaded."""

            def __reduce__(self) -> Any:
                return Path.touch, (tmp_path / "loaded",)

        client = client("input_fn")
        for body in (saved(Touches()), pickle.dumps(Touches())):
            answer = client.invoke(body, "application/x-pt")
            assert (answer.status, "the body is no tensor" in answer.reason) == (400, True)
        assert not (tmp_path / "loaded").exists()

    @pytest.mark.parametrize(
        ("body", "content_type", "reason"),
        [
            (pickle.dumps([1.0]), "application/python-pickle", "send application/x-pt"),
            (b"[[0.9, 0.2, 0.1]]", JSON, "send application/x-pt"),
            (b"", "application/x-pt", "the body is no tensor"),
            (saved({"pixels": torch.zeros(3)}), "application/x-pt", "has to hold one tensor"),
            (saved(torch.zeros(3, dtype=torch.int64)), "application/x-pt", "has to hold one tensor"),
        ],
        ids=["a pickle", "JSON", "nothing", "a dict", "whole numbers"],
    )
    def test_what_it_does_not_take_is_the_clients_mistake(
        self, client: Callable[[str], Any], body: bytes, content_type: str, reason: str
    ) -> None:
        answer = client("input_fn").invoke(body, content_type)

        assert answer.status == 400
        assert reason in answer.reason


class TestPredictFn:
    def test_it_gets_what_the_default_input_fn_read(
        self, client: Callable[[str], Any], expected: np.ndarray
    ) -> None:
        answer = client("predict_fn").invoke(encoded(PIXELS, CSV), CSV, JSON)

        np.testing.assert_allclose(answer.json(), expected, rtol=0, atol=1e-6)

    @pytest.mark.parametrize(("gpu", "device"), [(None, "cpu"), (0, "cuda:0"), (3, "cuda:3")])
    def test_the_device_is_the_gpu_of_the_context(self, gpu: int | None, device: str) -> None:
        device_of = runpy.run_path(str(HANDLERS / "predict_fn.py"))["device_of"]

        assert device_of(context(gpu)) == torch.device(device)

    def test_workers_take_turns_at_the_gpus(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the context's `gpu_id` is, is the server's choice for each worker."""
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)

        assert [find_device("auto", worker).index for worker in range(4)] == [0, 1, 0, 1]

    def test_the_context_has_the_batch_size(self) -> None:
        assert context(0, requests=4).system_properties["batch_size"] == 4


class TestOutputFn:
    def test_it_names_the_colours(self, client: Callable[[str], Any], expected: np.ndarray) -> None:
        answer = client("output_fn").invoke(PIXELS.tolist(), JSON, JSON)

        assert [one["colour"] for one in answer.json()] == ["red", "blue", "yellow"]
        np.testing.assert_allclose([one["probability"] for one in answer.json()], expected.max(axis=1), atol=1e-6)

    @pytest.mark.parametrize("accept", [CSV, NPY])
    def test_another_content_type_is_written_by_the_server(
        self, client: Callable[[str], Any], expected: np.ndarray, accept: str
    ) -> None:
        answer = client("output_fn").invoke(PIXELS.tolist(), JSON, accept)

        assert answer.content_type == accept
        np.testing.assert_allclose(decoded(answer.body, accept), expected, rtol=0, atol=1e-6)

    def test_its_names_are_those_of_the_model(self) -> None:
        names = runpy.run_path(str(HANDLERS / "output_fn.py"))["COLOURS"]
        assert list(names) == list(MODEL["COLOURS"])


def test_each_handler_has_one_function_of_the_contract() -> None:
    contract = {"model_fn", "input_fn", "predict_fn", "output_fn", "transform_fn"}
    found = {
        file.stem: {line.split("(")[0][4:] for line in file.read_text().splitlines() if line.startswith("def ")}
        for file in HANDLERS.glob("*.py")
    }
    assert {name: functions & contract for name, functions in found.items()} == {
        name: {name} for name in ("model_fn", "input_fn", "predict_fn", "output_fn")
    }
