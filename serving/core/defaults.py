"""The functions that a handler leaves out: `input_fn` and `predict_fn`; `model_file` has `model_fn`."""

import contextlib
from collections.abc import Mapping
from typing import Any

import torch

from .codecs import decode
from .errors import BadRequest, StartError, error_line
from .media_types import is_raw, media_type
from .model_input import ModelInput

_AUTOCAST = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def find_device(name: str, worker: int = 0) -> torch.device:
    """Return the device of a worker.

    Parameters
    ----------
    name
        `auto` (a GPU where there is one), `cpu`, `cuda` or `cuda:N`.
    worker
        The worker's number; workers take turns at the GPUs where the name leaves it open.

    Raises
    ------
    StartError
        There is no such GPU.
    """
    count = torch.cuda.device_count()
    if name == "cpu" or (name == "auto" and not count):
        return torch.device("cpu")
    index = int(name.partition(":")[2]) if ":" in name else worker % max(1, count)
    if index >= count:
        raise StartError(f"the device is to be {name}, but torch {torch.__version__} sees {count} GPUs here")
    return torch.device("cuda", index)


def input_fn(body: bytes, content_type: str | None, takes: ModelInput, *, raw: bool) -> Any:
    """Read JSON, CSV, NPY or NPZ into tensors of the model's dtype, on its device.

    Parameters
    ----------
    body, content_type
        What came.
    takes
        What the model takes.
    raw
        Whether raw bytes and images are handed on as bytes, to a `predict_fn` that can read them.

    Raises
    ------
    RequestError
        400 for a body that cannot be read, 415 for another content type.
    """
    if raw and is_raw(media_type(content_type)):
        return body
    return takes.cast_all(decode(body, content_type))


@torch.inference_mode()
def predict_fn(data: Any, model: Any, device: torch.device, autocast_dtype: str | None = None) -> Any:
    """Call the model without gradients; several arrays go to its parameters by name.

    What was decoded but the model refuses, by its shape for one, is the client's fault: a model that answered its
    warm-up sample works. What cannot come from the data stays the model's fault, and so does everything that a
    handler's own `predict_fn` raises.

    Raises
    ------
    BadRequest
        The model does not accept the data.
    """
    try:
        with _autocast(device, autocast_dtype):
            if isinstance(data, Mapping):
                return _call_by_name(model, _on(device, data))
            return model(data.to(device) if isinstance(data, torch.Tensor) else data)
    except (RuntimeError, IndexError, AssertionError, torch.jit.Error) as error:
        if _is_models_fault(error, data, model):
            raise
        raise BadRequest(f"the model does not accept {_shown(data)}: {error_line(error)}") from error


def _autocast(device: torch.device, dtype: str | None) -> contextlib.AbstractContextManager[Any]:
    if dtype is None:
        return contextlib.nullcontext()
    return torch.autocast(device.type, _AUTOCAST[dtype])


def _on(device: torch.device, data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item.to(device) if isinstance(item, torch.Tensor) else item for name, item in data.items()}


def _call_by_name(model: Any, data: Mapping[str, Any]) -> Any:
    if not isinstance(model, torch.fx.GraphModule):
        return model(**data)
    # an exported program takes its inputs in their order, as it was exported
    names = [node.name for node in model.graph.nodes if node.op == "placeholder"]
    if data.keys() != set(names):
        raise BadRequest(f"the model takes arrays named {', '.join(names)}, but the body has {', '.join(data)}")
    return model(*[data[name] for name in names])


def _shown(data: Any) -> str:
    if isinstance(data, Mapping):
        return ", ".join(f"{name} ({_shown(item)})" for name, item in data.items())
    dtype = str(data.dtype).removeprefix("torch.")
    return f"{dtype} of shape {list(data.shape)}"


def _is_models_fault(error: BaseException, data: Any, model: Any) -> bool:
    """Whether an error cannot come from the data: memory, the device, an operator, the model's own signature."""
    tensors = list(data.values()) if isinstance(data, Mapping) else [data]
    if not all(isinstance(item, torch.Tensor) for item in tensors):
        return True
    if isinstance(error, AssertionError):
        # an exported program asserts what shapes it takes; other modules may assert anything
        return not isinstance(model, torch.fx.GraphModule)
    if isinstance(error, NotImplementedError | torch.OutOfMemoryError | torch.AcceleratorError):
        return True
    text = str(error)
    wrong_signature = text.startswith("forward() ") and not isinstance(data, Mapping)
    return wrong_signature or "can't allocate memory" in text or "CUDA error" in text
