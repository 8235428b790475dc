"""Which numbers a model takes, so that a client may send any."""

import functools
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import torch

from serving.errors import BadRequest

_EMBEDDINGS = frozenset({"Embedding", "EmbeddingBag"})


@dataclass(frozen=True)
class ModelInput:
    """What the default `input_fn` casts the numbers of a body to.

    Parameters
    ----------
    floating
        The dtype of the model's weights.
    device
        Where the model lies.
    takes_indices
        Whole numbers stay whole (int64), because the model looks them up in an embedding.
    """

    floating: torch.dtype
    device: torch.device
    takes_indices: bool = False

    def cast(self, array: np.ndarray[Any, Any]) -> torch.Tensor:
        """Return `array` as a tensor of the dtype and on the device of the model.

        Raises
        ------
        BadRequest
            A number does not fit into the model's dtype.
        """
        whole = array.dtype.kind != "f"
        wanted = torch.int64 if whole and self.takes_indices else self.floating
        try:
            numbers = torch.from_numpy(np.ascontiguousarray(array).reshape(array.shape))
        except TypeError:
            raise BadRequest(f"numbers of type {array.dtype} cannot be read; send float32") from None
        tensor = numbers.to(wanted)
        if wanted.is_floating_point and wanted != numbers.dtype and not torch.isfinite(tensor).all():
            self._refuse_overflow(numbers)
        return tensor.to(self.device)

    def _refuse_overflow(self, numbers: torch.Tensor) -> None:
        """Tell numbers that became infinite from NaN and infinity that the client sent."""
        finite = numbers[torch.isfinite(numbers)]
        if not torch.isfinite(finite.to(self.floating)).all():
            raise BadRequest(f"a number of the body is too large for the model's {self.floating}")


def model_input(model: object, device: torch.device) -> ModelInput:
    """Find out what `model` takes.

    The dtype is that of its first floating-point weight. The model takes indices where its first weight is an
    embedding's, or where a frozen TorchScript module, which has no weights left to look at, contains an embedding.

    Parameters
    ----------
    model
        What `model_fn` returned; for anything but a module, torch's default dtype is assumed.
    device
        Where the model lies.
    """
    default = torch.get_default_dtype()
    if not isinstance(model, torch.nn.Module):
        return ModelInput(default, device)
    weights = list(chain(model.named_parameters(), model.named_buffers()))
    floating = next((weight.dtype for _, weight in weights if weight.is_floating_point()), default)
    if weights:
        return ModelInput(floating, device, takes_indices=_owner(model, weights[0][0]) in _EMBEDDINGS)
    frozen = isinstance(model, torch.jit.ScriptModule) and "aten::embedding" in str(model.inlined_graph)
    return ModelInput(floating, device, takes_indices=frozen)


def _owner(model: torch.nn.Module, weight: str) -> str:
    """Return the class name of the layer that a weight belongs to."""
    layer = functools.reduce(getattr, weight.split(".")[:-1], model)
    return str(getattr(layer, "original_name", type(layer).__name__))
