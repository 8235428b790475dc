from __future__ import annotations

import io

import numpy as np
import pytest
import torch

from serving.core.errors import BadRequest
from serving.core.model_input import model_input

CPU = torch.device("cpu")


class Lookup(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = torch.nn.Embedding(5, 3)
        self.head = torch.nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.table(x))


def saved_and_loaded(module):
    file = io.BytesIO()
    torch.jit.save(module, file)
    file.seek(0)
    return torch.jit.load(file)


@pytest.mark.parametrize("sent", [np.float64, np.float16, np.int64, np.uint8, np.bool_])
@pytest.mark.parametrize("takes", [torch.float32, torch.float64, torch.bfloat16])
def test_any_numbers_get_the_dtype_of_the_weights(sent, takes):
    tensor = model_input(torch.nn.Linear(2, 1).to(takes), CPU).cast(np.array([[1, 0]], dtype=sent))
    assert tensor.dtype is takes
    assert tensor.tolist() == [[1, 0]]


@pytest.mark.parametrize(
    "model",
    [
        Lookup(),
        saved_and_loaded(torch.jit.script(Lookup())),
        saved_and_loaded(torch.jit.freeze(torch.jit.script(Lookup().eval()))),
    ],
    ids=["eager", "TorchScript", "frozen"],
)
def test_a_model_with_an_embedding_gets_whole_numbers_whole(model):
    takes = model_input(model, CPU)
    assert takes.cast(np.array([1, 2], dtype=np.int32)).dtype is torch.int64
    assert takes.cast(np.array([1.5])).dtype is torch.float32


def test_a_model_without_weights_gets_torchs_default():
    assert model_input(torch.nn.ReLU(), CPU).cast(np.array([1])).dtype is torch.float32
    assert model_input({"not": "a module"}, CPU).cast(np.array([1.0])).dtype is torch.float32


def test_a_number_that_does_not_fit_is_the_clients_fault():
    takes = model_input(torch.nn.Linear(2, 1), CPU)
    with pytest.raises(BadRequest, match="too large"):
        takes.cast(np.array([1e300]))


def test_infinity_that_the_client_sent_is_kept():
    tensor = model_input(torch.nn.Linear(2, 1), CPU).cast(np.array([np.inf, np.nan, 1.0]))
    assert tensor[0] == float("inf")
    assert tensor[1].isnan()


def test_the_shape_is_kept_also_of_a_single_number():
    takes = model_input(torch.nn.Linear(2, 1), CPU)
    assert takes.cast(np.array(3)).shape == ()
    assert takes.cast(np.arange(6).reshape(2, 3).T).tolist() == [[0, 3], [1, 4], [2, 5]]
