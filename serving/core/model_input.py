"""Which numbers a model takes, so that a client may send any."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import torch

from .errors import BadRequest

Array = np.ndarray[Any, Any]
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
    declared
        The dtypes of an exported program's inputs, by name, in their order; empty where nothing declares them.
    """

    floating: torch.dtype
    device: torch.device
    takes_indices: bool = False
    declared: Mapping[str, torch.dtype] = field(default_factory=dict)

    def cast_all(self, numbers: Array | Mapping[str, Array]) -> torch.Tensor | dict[str, torch.Tensor]:
        """Return one array, or several by the names of the model's parameters, as the model takes them.

        Raises
        ------
        BadRequest
            A number does not fit into the model's dtype.
        """
        if isinstance(numbers, Mapping):
            return {name: self.cast(array, self.declared.get(name)) for name, array in numbers.items()}
        return self.cast(numbers, next(iter(self.declared.values()), None))

    def cast(self, array: Array, declared: torch.dtype | None = None) -> torch.Tensor:
        """Return `array` as a tensor of the dtype and on the device of the model.

        Raises
        ------
        BadRequest
            A number does not fit into the model's dtype.
        """
        whole = array.dtype.kind != "f"
        wanted = declared or (torch.int64 if whole and self.takes_indices else self.floating)
        if wanted is torch.float32 and array.dtype == np.float64:
            tensor = torch.from_numpy(_single(array))
        else:
            tensor = _converted(array, wanted)
        if self.device.type == "cuda":
            # from pinned memory, the copy runs beside the model's other work
            return tensor.pin_memory().to(self.device, non_blocking=True)
        return tensor


def _single(array: Array) -> Array:
    """Return JSON's and CSV's numbers as float32; numpy does that for few numbers in a third of torch's time."""
    with np.errstate(over="ignore"):
        single = array.astype(np.float32, order="C")
    if not np.isfinite(single).all() and not np.array_equal(np.isfinite(single), np.isfinite(array)):
        raise _too_large(torch.float32)
    return single


def _converted(array: Array, wanted: torch.dtype) -> torch.Tensor:
    try:
        numbers = torch.from_numpy(np.ascontiguousarray(array).reshape(array.shape))
    except TypeError:
        raise BadRequest(f"numbers of type {array.dtype} cannot be read; send float32") from None
    tensor = numbers.to(wanted)
    if wanted.is_floating_point and wanted != numbers.dtype:
        # NaN and infinity that the client sent are no overflow
        finite = torch.isfinite(tensor)
        if not finite.all() and not torch.equal(finite, torch.isfinite(numbers)):
            raise _too_large(wanted)
    return tensor


def _too_large(wanted: torch.dtype) -> BadRequest:
    return BadRequest(f"a number of the body is too large for the model's {wanted}")


def model_input(model: object, device: torch.device) -> ModelInput:
    """Find out what `model` takes.

    The dtype is that of its first floating-point weight. The model takes indices where its first weight is an
    embedding's, or where a frozen TorchScript module, which has no weights left to look at, contains an embedding.
    An exported program says itself what each of its inputs is.

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
    declared = _declared(model) if isinstance(model, torch.fx.GraphModule) else {}
    weights = list(chain(model.named_parameters(), model.named_buffers()))
    floating = next((weight.dtype for _, weight in weights if weight.is_floating_point()), default)
    if weights:
        indices = _owner(model, weights[0][0]) in _EMBEDDINGS
        return ModelInput(floating, device, takes_indices=indices, declared=declared)
    frozen = isinstance(model, torch.jit.ScriptModule) and "aten::embedding" in str(model.inlined_graph)
    return ModelInput(floating, device, takes_indices=frozen, declared=declared)


def _declared(program: torch.fx.GraphModule) -> dict[str, torch.dtype]:
    inputs = ((node.name, node.meta.get("val")) for node in program.graph.nodes if node.op == "placeholder")
    return {name: value.dtype for name, value in inputs if isinstance(value, torch.Tensor)}


def _owner(model: torch.nn.Module, weight: str) -> str:
    """Return the class name of the layer that a weight belongs to."""
    layer = functools.reduce(getattr, weight.split(".")[:-1], model)
    return str(getattr(layer, "original_name", type(layer).__name__))
