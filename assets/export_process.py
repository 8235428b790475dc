"""Exports one model: the program that `assets.export` runs in a process of its own.

    python export_process.py MODEL_FOLDER RESULT_FOLDER {model.pt | model.pt2} [--freeze]

It writes RESULT_FOLDER/model.pt, which is TorchScript, or model.pt2, which `torch.export` made; or it writes
RESULT_FOLDER/failure.json and exits with 1. It imports nothing of Slipway, so that the model's own modules meet
no others of their name, and it ends when its standard input is closed, so that it never outlives the process that
started it.
"""

import contextlib
import importlib
import json
import os
import random
import re
import runpy
import shutil
import sys
import threading
import traceback
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

_MODEL_FILE = "model.py"
_REASON_LENGTH = 400
_ARCHIVE = Path(__file__).with_name("reproducible_archive.py")


class ExportError(Exception):
    """The model does not keep to the contract of model.py."""


def main(model_folder: Path, result_folder: Path, file_name: str, *, freeze: bool) -> int:
    """Export the model in `model_folder` into a file in `result_folder`; return the exit status."""
    try:
        saved = result_folder / "saved" / file_name
        saved.parent.mkdir()
        _save(saved, freeze)
        runpy.run_path(str(_ARCHIVE))["write_reproducibly"](saved, result_folder / file_name)
        shutil.rmtree(saved.parent)
    except (Exception, SystemExit) as error:  # noqa: BLE001 (the model's own code may raise anything)
        traceback.print_exc()
        failure = _failure(error, model_folder)
        (result_folder / "failure.json").write_text(json.dumps(failure))
        return 1
    return 0


def _save(path: Path, freeze: bool) -> None:
    # For a model that draws its weights without a seed of its own.
    random.seed(0)
    torch.manual_seed(0)
    with _step("importing it failed"):
        module = importlib.import_module("model")
    if not callable(getattr(module, "create_model", None)):
        raise ExportError(
            "has no function create_model(). Define one that takes no arguments and returns the "
            "torch.nn.Module with its weights in place."
        )
    with _step("create_model() failed"):
        model = module.create_model()
    if not isinstance(model, torch.nn.Module):
        raise ExportError(f"create_model() returns {_a(model)}, not a torch.nn.Module. Return the model itself.")
    model = model.cpu().eval()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.filterwarnings("ignore", message=".*torch.jit", category=DeprecationWarning)
        if path.suffix == ".pt2":
            torch.export.save(_to_exported_program(model, module), path)
        else:
            scripted = _to_torchscript(model, module)
            (_frozen(scripted) if freeze else scripted).save(str(path))


def _to_exported_program(model: torch.nn.Module, module: types.ModuleType) -> torch.export.ExportedProgram:
    if isinstance(model, torch.jit.ScriptModule):
        raise ExportError(
            "create_model() returns TorchScript, which torch.export does not take. Return the module."
        )
    inputs = _example_inputs(module)
    if inputs is None:
        raise ExportError("has no function example_inputs(), which torch.export needs. Define it: (tensor,).")
    dynamic_shapes: Callable[[], Any] = getattr(module, "dynamic_shapes", lambda: None)
    with _step("dynamic_shapes() failed"):
        shapes = dynamic_shapes()
    with _step("the model cannot be exported with example_inputs()"):
        return torch.export.export(model, inputs, dynamic_shapes=shapes)


def _to_torchscript(model: torch.nn.Module, module: types.ModuleType) -> Any:
    if isinstance(model, torch.jit.ScriptModule):
        return model
    inputs = _example_inputs(module)
    if inputs is None:
        with _step("the model cannot be scripted; define example_inputs() to trace it instead"):
            return torch.jit.script(model)
    with _step("the model cannot be traced with example_inputs()"):
        trace: Callable[..., Any] = torch.jit.trace
        return trace(model, inputs)


def _frozen(model: Any) -> Any:
    with _step("the model cannot be frozen; leave `freeze` out of model.yaml"):
        freeze: Callable[..., Any] = torch.jit.freeze
        return freeze(model)


def _example_inputs(module: types.ModuleType) -> tuple[torch.Tensor, ...] | None:
    example_inputs: Callable[[], Any] | None = getattr(module, "example_inputs", None)
    if example_inputs is None:
        return None
    with _step("example_inputs() failed"):
        inputs = example_inputs()
    if not isinstance(inputs, tuple) or not all(isinstance(value, torch.Tensor) for value in inputs):
        raise ExportError(f"example_inputs() returns {_a(inputs)}, not a tuple of tensors. Return one: (tensor,).")
    return tuple(value.cpu() for value in inputs)


@contextlib.contextmanager
def _step(failed: str) -> Iterator[None]:
    """Say which step an exception of the model's own code ended."""
    try:
        yield
    except (Exception, SystemExit) as error:
        raise ExportError(failed) from error


def _failure(error: BaseException, model_folder: Path) -> dict[str, Any]:
    """Say where in the model folder the failure lies, and what its last line is."""
    cause = error.__cause__
    if cause is None:
        own = isinstance(error, ExportError)
        reason = str(error) if own else _last_line(error)
        return {"file": _MODEL_FILE, "line": None, "reason": reason, "traceback": not own}
    file, line = _place(cause, model_folder)
    mend = ". Install it where slipway runs." if isinstance(cause, ModuleNotFoundError) else ""
    return {"file": file, "line": line, "reason": f"{error}: {_last_line(cause)}{mend}", "traceback": True}


def _place(error: BaseException, model_folder: Path) -> tuple[str, int | None]:
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno))
    # The compiler of TorchScript names the line in its text instead.
    places = [(file, int(line)) for file, line in re.findall(r'File "(.+?)", line (\d+)', str(error))] or places
    for filename, line in reversed(places):
        path = Path(filename)
        if path.is_relative_to(model_folder):
            return path.relative_to(model_folder).as_posix(), line
    return _MODEL_FILE, None


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = f"{type(error).__name__}: {lines[0].rstrip(':')}" if lines else type(error).__name__
    return text if len(text) <= _REASON_LENGTH else f"{text[:_REASON_LENGTH]}…"


def _a(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, even if it was killed."""

    def wait() -> None:
        os.read(0, 1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
    # The model's code may read it for as long as the process lives.
    sys.stdin = Path(os.devnull).open()  # noqa: SIM115 (see above)


if __name__ == "__main__":
    _end_with_parent()
    sys.path.insert(0, sys.argv[1])
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], freeze="--freeze" in sys.argv[4:]))
