"""model_code/linear: what its samples say is what its handler and its exported model answer."""

import asyncio
import importlib.util
import io
import json
import shutil
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from assets import checkout
from assets.model_folder import find_model
from assets.package import package
from assets.samples import Sample, load_samples
from serving.app import App
from serving.core.handler import Handler
from serving.core.messages import Answer, Request
from serving.core.responder import Responder
from serving.core.settings import read_settings

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")

SAMPLES = load_samples(find_model("linear"))


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"linear_{name}", checkout.MODEL_CODE / "linear" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the package of the model."""
    folder = tmp_path_factory.mktemp("model")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(checkout, "STATE", tmp_path_factory.mktemp("state"))
        packed = package(find_model("linear"))
    with tarfile.open(packed.path) as tar:
        tar.extractall(folder, filter="data")
    return folder


def _decode(body: bytes | str, content_type: str) -> np.ndarray:
    if content_type == "application/x-npy":
        assert isinstance(body, bytes)
        decoded: np.ndarray = np.load(io.BytesIO(body))
        return decoded
    return np.array(json.loads(body))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_is_answered_as_it_expects(sample: Sample, model_dir: Path) -> None:
    handler = _module("inference")
    body = sample.body.decode() if sample.content_type == "application/json" else sample.body
    model = handler.model_fn(str(model_dir))
    answer, content_type = handler.output_fn(
        handler.predict_fn(handler.input_fn(body, sample.content_type), model), sample.accept
    )
    assert content_type == sample.accept
    assert sample.expected is not None
    expected = _decode(sample.expected, sample.accept)
    answered = _decode(answer, sample.accept)
    np.testing.assert_allclose(answered, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(answered.sum(axis=-1), 1.0, rtol=0, atol=1e-6)


def test_json_one_row_json_batch_and_npy_have_a_sample() -> None:
    assert {sample.content_type for sample in SAMPLES} == {"application/json", "application/x-npy"}
    shapes = {_decode(sample.body, sample.content_type).ndim for sample in SAMPLES}
    assert shapes == {1, 2}


def test_the_exported_model_equals_the_module(model_dir: Path) -> None:
    module = _module("model").create_model().eval()
    exported = _module("inference").model_fn(str(model_dir))
    rows = torch.rand(7, 10)
    assert torch.equal(exported(rows), module(rows))


def test_the_weights_are_seeded_and_leave_the_random_numbers_alone() -> None:
    model = _module("model")
    torch.manual_seed(1)
    first = model.create_model().state_dict()
    drawn = torch.rand(3)
    torch.manual_seed(1)
    assert torch.equal(torch.rand(3), drawn)
    second = model.create_model().state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("accept", ["text/csv", "text/html, application/json;q=0.9"])
def test_an_answer_in_another_format_is_left_to_the_server(accept: str) -> None:
    answer = _module("inference").output_fn(torch.ones(2), accept)
    np.testing.assert_array_equal(answer, np.ones(2), strict=False)


class _InThisProcess:
    """Answers requests without a worker process."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder

    async def answer(self, request: Request) -> Answer:
        return next(iter(self._responder.respond([request])))[1]

    def is_ready(self) -> bool:
        return True


Invoke = Callable[..., tuple[int, str, bytes]]


@pytest.fixture
def invoke(model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Send a request to the server of the package: `invoke(body, content_type=…, accept=…, model_dir=…)`."""
    monkeypatch.setattr(sys, "path", [*sys.path])

    def send_request(
        body: bytes,
        content_type: str = "application/json",
        accept: str = "application/json",
        model_dir: Path = model_dir,
    ) -> tuple[int, str, bytes]:
        settings = read_settings(model_dir, {})
        app = App(_InThisProcess(Responder(Handler(settings))), settings.options)
        monkeypatch.delitem(sys.modules, "inference")
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-type", content_type.encode()), (b"accept", accept.encode())]
        scope = {"type": "http", "method": "POST", "path": "/invocations", "headers": headers}
        asyncio.run(app(scope, receive, send))
        start, end = sent
        return start["status"], dict(start["headers"])[b"content-type"].decode(), end["body"]

    return send_request


ROW = json.dumps([0.5] * 10).encode()


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/json;q=0.9", "application/json"),
        ("text/html, application/json;q=0.9", "application/json"),
        ("text/html, application/x-npy", "application/x-npy"),
        ("application/x-npy", "application/x-npy"),
        ("text/csv", "text/csv"),
    ],
)
def test_the_client_gets_the_first_format_that_there_is(invoke: Invoke, accept: str, content_type: str) -> None:
    status, answered_type, body = invoke(ROW, accept=accept)
    assert (status, answered_type) == (200, content_type)
    answer = (
        np.loadtxt(io.BytesIO(body), delimiter=",") if content_type == "text/csv" else _decode(body, content_type)
    )
    assert answer.sum() == pytest.approx(1.0)


def test_a_format_that_there_is_not_is_refused(invoke: Invoke) -> None:
    status, _, body = invoke(ROW, accept="text/html")
    assert status == 406
    assert "application/json, text/csv, application/x-npy" in json.loads(body)["reason"]


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, rows=np.zeros((1, 10)))
    return file.getvalue()


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"1,2", "text/csv", "'text/csv' is not supported; send application/json or application/x-npy."),
        (b"", "application/json", "The body holds no rows of numbers: "),
        (b"{", "application/json", "The body holds no rows of numbers: "),
        (b'{"a":1}', "application/json", "The body holds no rows of numbers: "),
        (b'["1", "2"]', "application/json", "The body holds no rows of numbers: "),
        (b"[[1], [1, 2]]", "application/json", "The body holds no rows of numbers: "),
        (b"[" * 100_000, "application/json", "The body holds no rows of numbers: "),
        (b"null", "application/json", "The body holds no rows of numbers: "),
        (b"[[1, 2]]", "application/json", "Shape (1, 2): send rows of 10 finite numbers."),
        (b"1", "application/json", "Shape (): send rows of 10 finite numbers."),
        (b"[NaN" + b",1" * 9 + b"]", "application/json", "Shape (10,): send rows of 10 finite numbers."),
        (b"[1e999" + b",1" * 9 + b"]", "application/json", "Shape (10,): send rows of 10 finite numbers."),
        (_npy(np.full(10, 1e300)), "application/x-npy", "Shape (10,): send rows of 10 finite numbers."),
        (b"", "application/x-npy", "The body holds no rows of numbers: "),
        (b"PK\x03\x04", "application/x-npy", "The body holds no rows of numbers: "),
        (_npz(), "application/x-npy", "The body holds no rows of numbers: "),
        (_npy(np.ones(10))[:-1], "application/x-npy", "The body holds no rows of numbers: "),
        (_npy(np.array(["a"] * 10)), "application/x-npy", "The body holds no rows of numbers: "),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_request_that_the_handler_cannot_take_is_the_clients_mistake(
    invoke: Invoke, body: bytes, content_type: str, reason: str
) -> None:
    status, _, answer = invoke(body, content_type)
    assert (status, json.loads(answer)["error"]) == (400, "BadRequest")
    assert reason in json.loads(answer)["reason"]


class _NotANumber(torch.nn.Module):
    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features * float("nan")


def test_nan_is_no_answer_in_json(invoke: Invoke, model_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(model_dir / "code", folder / "code")
    torch.jit.save(torch.jit.script(_NotANumber()), folder / "model.pt")
    status, _, body = invoke(ROW, model_dir=folder)
    assert (status, json.loads(body)["error"]) == (500, "ModelError")
    assert "not JSON compliant" in json.loads(body)["reason"]
