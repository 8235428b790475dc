from __future__ import annotations

import io

import numpy as np
import pytest
import torch

NPY = "application/x-npy"
BATCH = np.random.default_rng(0).standard_normal((3, 10))


def npy(array) -> bytes:
    body = io.BytesIO()
    np.save(body, array)
    return body.getvalue()


def read_npy(body: bytes):
    return np.load(io.BytesIO(body))


@pytest.fixture
def expected(linear):
    with torch.inference_mode():
        return linear(torch.from_numpy(BATCH).float()).numpy()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (BATCH.tolist(), "application/json"),
        (BATCH.tolist(), "application/json; charset=utf-8"),
        (BATCH.tolist(), None),
        (npy(BATCH), NPY),
        (npy(BATCH.astype(np.float32)), NPY),
        (npy(np.asfortranarray(BATCH)), NPY),
        ("\n".join(",".join(map(str, row)) for row in BATCH), "text/csv"),
    ],
)
def test_the_answer_is_that_of_the_model(client, expected, body, content_type):
    served = client()
    assert np.allclose(served.invoke(body, content_type).json(), expected, rtol=0, atol=1e-6)
    answer = served.invoke(body, content_type, NPY)
    assert answer.content_type == NPY
    assert np.allclose(read_npy(answer.body), expected, rtol=0, atol=1e-6)


def test_the_answer_as_csv(client, expected):
    answer = client().invoke(BATCH.tolist(), accept="text/csv")
    assert answer.content_type == "text/csv"
    assert np.allclose(np.loadtxt(io.BytesIO(answer.body), delimiter=","), expected, rtol=0, atol=1e-6)


def test_the_default_accept_of_the_environment_answers_requests_that_accept_anything(client):
    served = client(environment={"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": NPY})
    assert served.invoke([[0] * 10]).content_type == NPY
    assert served.invoke([[0] * 10], accept="*/*").content_type == NPY
    assert served.invoke([[0] * 10], accept="application/json").content_type == "application/json"


def test_the_only_pth_file_is_the_model_when_there_is_no_model_pt(client, linear_file):
    served = client(model=False, files={"weights.pth": linear_file.read_bytes()})
    assert served.invoke([[0] * 10]).status == 200


def test_model_pt_wins_over_other_files(client):
    assert client(files={"other.pt": b""}).invoke([[0] * 10]).status == 200


def test_no_model_file_ends_the_start(refused):
    assert "model.pt" in str(refused(model=False))


def test_two_model_files_end_the_start(refused):
    message = str(refused(model=False, files={"a.pt": b"", "b.pth": b""}))
    assert "a.pt, b.pth" in message


def test_a_model_that_is_no_torchscript_ends_the_start_with_the_cause(refused, linear):
    state = io.BytesIO()
    torch.save(linear.state_dict(), state)
    refusal = refused(model=False, files={"model.pt": state.getvalue()})
    assert "model.pt cannot be loaded as TorchScript" in str(refusal)
    assert "model_fn" in str(refusal)
    assert isinstance(refusal.__cause__, RuntimeError)


def test_model_fn_that_raises_ends_the_start_with_the_cause(refused):
    refusal = refused("def model_fn(model_dir): raise KeyError('weights')")
    assert "model_fn" in str(refusal)
    assert "KeyError: 'weights'" in str(refusal)
    assert isinstance(refusal.__cause__, KeyError)


def test_the_model_is_loaded_and_put_into_evaluation_mode_once(client):
    code = """
        import torch
        loads = []
        class Counting(torch.nn.Module):
            evals = 0
            def eval(self):
                self.evals += 1
                return super().eval()
            def forward(self, x):
                return {"loads": len(loads), "evals": self.evals, "training": self.training,
                        "inference": torch.is_inference_mode_enabled()}
        def model_fn(model_dir):
            loads.append(model_dir)
            return Counting()
    """
    served = client(code)
    for _ in range(3):
        assert served.invoke([1]).json() == {"loads": 1, "evals": 1, "training": False, "inference": True}


def test_a_model_that_the_handler_itself_calls_is_left_as_it_is(client):
    code = """
        import torch
        def model_fn(model_dir): return torch.nn.Dropout()
        def predict_fn(data, model): return {"training": model.training}
    """
    assert client(code).invoke([1]).json() == {"training": True}
