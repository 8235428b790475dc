"""The functions that a handler leaves out: `model_fn`, `input_fn`, `predict_fn` and `output_fn`."""

from pathlib import Path
from typing import Any

import torch

from serving.codecs import decode, encode
from serving.errors import BadRequest, StartError, one_line
from serving.messages import Answer
from serving.model_input import ModelInput

_MODEL_FILE = "model.pt"
_MODEL_SUFFIXES = frozenset({".pt", ".pth"})
_INTERPRETER_ERROR = "The following operation failed in the TorchScript interpreter"


def default_device() -> torch.device:
    """Return the first GPU, or the CPU where there is none."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def model_fn(model_dir: Path, device: torch.device) -> torch.jit.ScriptModule:
    """Load `model.pt`, else the only `.pt` or `.pth` file, as TorchScript, for inference.

    Raises
    ------
    StartError
        There is no such file, more than one, or it is no TorchScript.
    """
    file = _model_file(model_dir)
    try:
        # torch leaves torch.jit.load untyped
        model: torch.jit.ScriptModule = torch.jit.load(str(file), map_location=device)  # type: ignore[no-untyped-call]
    except (RuntimeError, ValueError) as error:
        # what follows torch's first sentence is about its own archive reader
        reason = error_line(error).partition(". ")[0]
        raise StartError(
            f"{file} cannot be loaded as TorchScript by torch {torch.__version__}: {reason};"
            " save it with torch.jit.save, or write a model_fn in the handler"
        ) from error
    model.eval()
    return model


def input_fn(body: bytes | str, content_type: str | None, takes: ModelInput) -> torch.Tensor:
    """Read JSON, CSV or NPY into a tensor of the model's dtype, on its device.

    Raises
    ------
    RequestError
        400 for a body that cannot be read, 415 for another content type.
    """
    return takes.cast(decode(body, content_type))


@torch.inference_mode()
def predict_fn(data: Any, model: Any, device: torch.device) -> Any:
    """Call the model without gradients.

    What was decoded but the model refuses, by its shape for one, is the client's fault: a model that answered its
    warm-up sample works. What cannot come from the data stays the model's fault, and so does everything that a
    handler's own `predict_fn` raises.

    Raises
    ------
    BadRequest
        The model does not accept the data.
    """
    if isinstance(data, torch.Tensor):
        data = data.to(device)
    try:
        return model(data)
    except (RuntimeError, IndexError, torch.jit.Error) as error:
        if not isinstance(data, torch.Tensor) or _is_models_fault(error):
            raise
        dtype = str(data.dtype).removeprefix("torch.")
        raise BadRequest(
            f"the model does not accept {dtype} of shape {list(data.shape)}: {error_line(error)}"
        ) from error


def output_fn(prediction: Any, accept: str) -> Answer:
    """Write the prediction as JSON, CSV or NPY.

    Parameters
    ----------
    prediction
        What the model returned.
    accept
        One of the three content types.

    Raises
    ------
    RequestError
        406 when the content type cannot hold the prediction, 500 when nothing can.
    """
    return Answer(encode(prediction, accept), accept)


def error_line(error: BaseException) -> str:
    """Return the line of an exception's text that says what happened.

    TorchScript puts it last, after its own traceback; torch otherwise puts it first, before hints for debugging.
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    if lines[0].startswith(_INTERPRETER_ERROR):
        return one_line(lines[-1].removeprefix("RuntimeError: "))
    return one_line(lines[0])


def _model_file(model_dir: Path) -> Path:
    if (model_dir / _MODEL_FILE).is_file():
        return model_dir / _MODEL_FILE
    files = sorted(file for file in model_dir.iterdir() if file.suffix in _MODEL_SUFFIXES and file.is_file())
    if len(files) == 1:
        return files[0]
    found = f"there are {', '.join(file.name for file in files)}" if files else "there is none"
    raise StartError(
        f"{model_dir} has to hold {_MODEL_FILE}, or exactly one .pt or .pth file, but {found};"
        " put the model there, or write a model_fn in the handler"
    )


def _is_models_fault(error: BaseException) -> bool:
    """Whether an error cannot come from the data: memory, the device, an operator, the model's own signature."""
    if isinstance(error, NotImplementedError | torch.OutOfMemoryError | torch.AcceleratorError):
        return True
    text = str(error)
    return text.startswith("forward() ") or "can't allocate memory" in text or "CUDA error" in text
