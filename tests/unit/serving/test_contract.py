"""What a handler may rely on beside its four functions: context, vendored packages, formats, settings."""

from __future__ import annotations

import io
import logging
import sys

import numpy as np
import pytest
import torch

from serving.core.defaults import find_device
from serving.core.errors import StartError

NPY, NPZ = "application/x-npy", "application/x-npz"
ECHO = """
    def model_fn(model_dir): return None
    def predict_fn(data, model): return data
"""


class Two(torch.nn.Module):
    """Takes whole numbers and floats by name."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.nn.Embedding(5, 2)

    def forward(self, ids: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
        return self.table(ids) * scale


def npz(**arrays) -> bytes:
    body = io.BytesIO()
    np.savez(body, **arrays)
    return body.getvalue()


def exported(model, *inputs, dynamic=None) -> bytes:
    body = io.BytesIO()
    torch.export.save(torch.export.export(model, inputs, dynamic_shapes=dynamic), body)
    return body.getvalue()


def test_an_exported_program_is_served(client, linear):
    rows = torch.export.Dim("rows")
    program = exported(linear, torch.zeros(2, 10), dynamic=({0: rows},))
    served = client(model=False, files={"model.pt2": program})
    with torch.inference_mode():
        expected = linear(torch.ones(3, 10)).tolist()
    assert np.allclose(served.invoke([[1] * 10] * 3).json(), expected, atol=1e-6)
    refused = served.invoke([[1] * 9])
    assert refused.status == 400
    assert "float32 of shape [1, 9]" in refused.reason


def test_an_exported_program_says_what_its_inputs_are(client):
    ids, scale = torch.tensor([1, 2]), torch.tensor([1.0, 2.0])
    model = Two().eval()
    served = client(model=False, files={"own.pt2": exported(model, ids, scale[:, None])})
    body = npz(ids=np.array([1.0, 2.0]), scale=np.array([[1], [2]]))
    with torch.inference_mode():
        expected = model(ids, scale[:, None]).tolist()
    assert np.allclose(served.invoke(body, NPZ).json(), expected, atol=1e-6)


def test_a_damaged_exported_program_ends_the_start(refused):
    assert "model.pt2 cannot be loaded as an exported program" in str(
        refused(model=False, files={"model.pt2": b"PK damaged"})
    )


def test_several_arrays_go_to_the_models_parameters_by_name(client):
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(Two().eval()), file)
    served = client(model=False, files={"model.pt": file.getvalue()})
    assert served.invoke(npz(ids=np.array([1]), scale=np.array([2.0])), NPZ).status == 200
    refused = served.invoke(npz(ids=np.array([1]), other=np.array([2.0])), NPZ)
    assert refused.status == 400
    assert "other" in refused.reason


def test_an_npz_answer_has_the_names_of_a_dict(client):
    code = ECHO.replace("return data", "return {'a': data, 'b': data + 1}")
    answer = client(code).invoke([1, 2], accept=NPZ)
    arrays = np.load(io.BytesIO(answer.body))
    assert {name: arrays[name].tolist() for name in arrays.files} == {"a": [1, 2], "b": [2, 3]}


def test_an_npz_that_would_fill_the_memory_is_refused_unpacked(client):
    body = io.BytesIO()
    np.savez_compressed(body, zeros=np.zeros(2**26, dtype=np.float64))
    answer = client(ECHO).invoke(body.getvalue(), NPZ)
    assert answer.status == 400
    assert "unpacked" in answer.reason


@pytest.mark.parametrize("kind", ["image/png", "application/octet-stream"])
def test_raw_bytes_reach_a_predict_fn_as_they_are_and_come_back(client, kind):
    served = client(ECHO)
    answer = served.invoke(b"\x89PNG\x00\xff", kind)
    assert (answer.body, answer.content_type) == (b"\x89PNG\x00\xff", "application/octet-stream")
    assert served.invoke(b"\x89PNG", kind, "image/png").content_type == "image/png"


def test_the_context_sets_the_answers_status_headers_and_content_type(client):
    code = """
        def model_fn(model_dir): return None
        def predict_fn(data, model, context):
            context.set_response_header(0, "X-Amzn-SageMaker-Custom-Attributes", "a\\r\\nb: c")
            context.set_response_header(0, "Content-Length", "1")
            context.set_response_content_type(0, "text/plain")
            return [context.get_request_id(0) == context.request_processor[0].request_id]
        def output_fn(prediction, accept, context):
            context.set_all_response_status(202)
            return prediction
    """
    answer = client(code).invoke([1])
    assert (answer.status, answer.body, answer.content_type) == (202, b"[true]", "text/plain")
    assert answer.headers["x-amzn-sagemaker-custom-attributes"] == "a b: c"


@pytest.mark.parametrize("call", ["set_response_status(99)", "get_request_header(1, 'a')"])
def test_a_wrong_use_of_the_context_is_the_models_fault(client, call):
    code = ECHO.replace("def predict_fn(data, model): ", f"def predict_fn(data, model, c): c.{call}; ")
    assert client(code).invoke([1]).status == 500


def test_vendored_packages_win_over_the_handlers_files_and_the_environments(client, monkeypatch):
    files = {"code/lib/vendored.py": "WHERE = 'lib'", "code/vendored.py": "WHERE = 'code'"}
    code = """
        import sys, vendored
        def model_fn(model_dir): return None
        def predict_fn(data, model): return {"where": vendored.WHERE, "path": sys.path[:2]}
    """
    answer = client(code, files=files).invoke([1]).json()
    monkeypatch.delitem(sys.modules, "vendored")
    assert answer["where"] == "lib"
    assert [folder.rsplit("/", 2)[1:] for folder in answer["path"]] == [["code", "lib"], ["model", "code"]]


def test_a_copy_of_the_public_package_brings_no_second_bad_request(client):
    code = """
        from slipway_serving import BadRequest
        def predict_fn(data, model): raise BadRequest("known")
    """
    files = {"code/slipway_serving/__init__.py": "class BadRequest(Exception): ..."}
    assert client(code, files=files).invoke([[0] * 10]).status == 400


@pytest.mark.parametrize("how", [True, "freeze", False])
def test_an_optimized_model_answers_as_the_model_does(client, linear, how):
    warm_up = {"body": "warm_up.body", "content_type": "application/json"}
    settings = {"serving": {"optimize": how}, "warm_up": warm_up}
    served = client(settings=settings, files={"warm_up.body": "[[0,0,0,0,0,0,0,0,0,0]]"})
    with torch.inference_mode():
        expected = linear(torch.ones(1, 10)).tolist()
    assert np.allclose(served.invoke([[1] * 10]).json(), expected, atol=1e-6)


def test_a_model_that_cannot_be_optimized_is_served_as_it_is(client, caplog):
    caplog.set_level(logging.WARNING)
    warm_up = {"body": "warm_up.body", "content_type": "application/json"}
    code = """
        import torch
        class Moving(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.count = 0
            def forward(self, x: torch.Tensor) -> torch.Tensor:
                self.count += 1
                return x + self.count
        def model_fn(model_dir): return torch.jit.script(Moving().eval())
    """
    served = client(code, settings={"warm_up": warm_up}, files={"warm_up.body": "[1]"})
    first, second = (served.invoke([0]).json()[0] for _ in range(2))
    assert second == first + 1
    assert any(record.getMessage() == "not_optimized" for record in caplog.records)


@pytest.mark.parametrize(("dtype", "seen"), [(None, "float32"), ("bfloat16", "bfloat16")])
def test_autocast_runs_the_default_predict_fn_in_the_dtype(client, dtype, seen):
    code = """
        import torch
        class Seen(torch.nn.Module):
            def forward(self, x):
                return {"dtype": str(torch.mm(x, x).dtype)}
        def model_fn(model_dir): return Seen()
    """
    served = client(code, settings={"serving": {"autocast_dtype": dtype}})
    assert served.invoke([[1.0]]).json() == {"dtype": f"torch.{seen}"}


def test_nan_is_null_where_the_settings_say_so(client):
    code = ECHO.replace("return data", "return {'a': data / 0, 'b': float('inf'), 'c': [1]}")
    answer = client(code, settings={"serving": {"nan": "null"}}).invoke([[0, 1]])
    assert answer.json() == {"a": [[None, None]], "b": None, "c": [1]}


def test_the_phases_are_timed(model_dir):
    from serving.core.handler import Handler  # noqa: PLC0415
    from serving.core.messages import Request  # noqa: PLC0415
    from serving.core.settings import read_settings  # noqa: PLC0415

    answer = Handler(read_settings(model_dir(), {})).invoke(Request(b"[[0,0,0,0,0,0,0,0,0,0]]"))
    assert answer.milliseconds.keys() == {"input", "predict", "output"}


def test_a_device_that_is_not_there_ends_the_start():
    with pytest.raises(StartError, match="cuda:99"):
        find_device("cuda:99")
    assert find_device("cpu").type == "cpu"
