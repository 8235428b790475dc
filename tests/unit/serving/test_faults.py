"""Who is at fault: 4xx is the client's, 500 the model's."""

from __future__ import annotations

import io

import pytest
import torch

NPY = "application/x-npy"


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "status_and_words"),
    [
        ("{", "application/json", None, (400, "not JSON")),
        ("", "application/json", None, (400, "not JSON")),
        ([[1, 2], [3]], "application/json", None, (400, "equal length")),
        ({"a": 1}, "application/json", None, (400, "numbers")),
        ([[1, 2, 3]], "application/json", None, (400, "float32 of shape [1, 3]: mat1 and mat2 shapes")),
        ([], "application/json", None, (400, "shape [0]")),
        ([[1e300] * 10], "application/json", None, (400, "too large")),
        (b"\xff", "application/json; charset=ascii", None, (400, "ascii")),
        (b"\x93NUMPY", NPY, None, (400, "NPY")),
        ("1,2,x", "text/csv", None, (400, "CSV")),
        ("<a/>", "application/xml", None, (415, "application/xml is unknown")),
        ("a=1", "application/x-www-form-urlencoded", None, (415, "send application/json")),
        ("[1]", "application/json; charset=klingon", None, (415, "klingon")),
        ([[0] * 10], "application/json", "image/png", (406, "image/png")),
    ],
)
def test_the_clients_fault_with_the_defaults(client, body, content_type, accept, status_and_words):
    status, words = status_and_words
    answer = client().invoke(body, content_type, accept)
    assert answer.status == status
    assert words in answer.reason


@pytest.mark.parametrize(
    "code",
    [
        "def predict_fn(data, model): raise ValueError('two\\nlines')",
        "def predict_fn(data, model): return model(data[:, :3])",
        "def output_fn(prediction, accept): raise KeyError('a')",
        "def input_fn(body, content_type): raise TypeError('a')",
        "def predict_fn(data, model): raise SystemExit(1)",
        "def input_fn(body, content_type): return 'no tensor'",
        "def model_fn(model_dir): return None",
        "import torch\ndef model_fn(model_dir): return lambda data: torch.empty(10**15)",
        "import torch\ndef model_fn(model_dir): return lambda data: torch.full((2,), float('nan'))",
    ],
)
def test_the_models_fault(client, caplog, code):
    answer = client(code).invoke([[0] * 10])
    assert answer.status == 500
    assert answer.json()["error"] == "ModelError"
    assert answer.reason
    assert answer.json()["request_id"] in str(caplog.records[-1].fields)


def test_a_model_with_two_inputs_needs_an_input_fn_and_blames_no_client(client):
    class Add(torch.nn.Module):
        def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return x + y

    file = io.BytesIO()
    torch.jit.save(torch.jit.script(Add()), file)
    answer = client(model=False, files={"model.pt": file.getvalue()}).invoke([1])
    assert answer.status == 500
    assert "missing value for argument 'y'" in answer.reason


def test_an_assertion_of_the_model_about_its_input_is_the_clients_fault(client):
    class Picky(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            assert x.dim() == 2, "two dimensions"
            return x

    file = io.BytesIO()
    torch.jit.save(torch.jit.script(Picky()), file)
    answer = client(model=False, files={"model.pt": file.getvalue()}).invoke([1])
    assert answer.status == 400
    assert "two dimensions" in answer.reason


def test_the_traceback_is_in_the_log_alone(client, caplog):
    answer = client("def predict_fn(data, model): raise ZeroDivisionError('secret detail')").invoke([1])
    assert b"Traceback" not in answer.body
    assert b"inference.py" not in answer.body
    record = caplog.records[-1]
    assert record.getMessage() == "request_failed"
    assert isinstance(record.exc_info[1], ZeroDivisionError)


def test_a_value_error_of_input_fn_is_the_clients_fault(client):
    code = """
        import json
        def input_fn(body, content_type):
            if content_type != "application/json":
                raise ValueError(f"unsupported: {content_type}")
            return json.loads(body)
        def predict_fn(data, model): return data
    """
    served = client(code)
    assert served.invoke({"a": 1}).json() == {"a": 1}
    answer = served.invoke("a", "text/plain")
    assert answer.status == 400
    assert "unsupported: text/plain" in answer.reason
    assert served.invoke("{").status == 400


@pytest.mark.parametrize(
    "function", ["input_fn(a, b)", "predict_fn(a, b)", "output_fn(a, b)", "transform_fn(a, b, c, d)"]
)
def test_bad_request_is_400_wherever_the_handler_raises_it(client, function):
    code = f"from slipway_serving import BadRequest\ndef {function}: raise BadRequest('send\\nmore')"
    answer = client(code).invoke([[0] * 10])
    assert answer.status == 400
    assert answer.reason == "send more"
