"""Exports one model to TorchScript: the program that `assets.export` runs in a process of its own.

    python export_process.py MODEL_FOLDER RESULT_FOLDER

It writes RESULT_FOLDER/model.pt, or RESULT_FOLDER/failure.json and exits with 1. It imports nothing of
Slipway, so that the model's own modules meet no others of their name, and it ends when its standard input is
closed, so that it never outlives the process that started it.
"""

import contextlib
import importlib
import json
import os
import random
import re
import shutil
import sys
import threading
import traceback
import types
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

# torch.save, and torch.load with mmap, are built on these two; there is no public door to an archive's
# records.
from torch._C import PyTorchFileReader, PyTorchFileWriter

_MODEL_FILE = "model.py"
_REASON_LENGTH = 400
_ID = ".data/serialization_id"  # a digest of all records, which the writer makes anew


class ExportError(Exception):
    """The model does not keep to the contract of model.py."""


def main(model_folder: Path, result_folder: Path) -> int:
    """Export the model in `model_folder` into `result_folder`; return the exit status."""
    try:
        saved = result_folder / "saved" / "model.pt"
        saved.parent.mkdir()
        _save(saved)
        write_reproducibly(saved, result_folder / "model.pt")
        shutil.rmtree(saved.parent)
    except (Exception, SystemExit) as error:  # noqa: BLE001 (the model's own code may raise anything)
        traceback.print_exc()
        failure = _failure(error, model_folder)
        (result_folder / "failure.json").write_text(json.dumps(failure))
        return 1
    return 0


def _save(path: Path) -> None:
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
    with warnings.catch_warnings(), torch.no_grad():
        warnings.filterwarnings("ignore", message=".*torch.jit", category=DeprecationWarning)
        _to_torchscript(model.cpu().eval(), module).save(str(path))


def _to_torchscript(model: torch.nn.Module, module: types.ModuleType) -> Any:
    if isinstance(model, torch.jit.ScriptModule):
        return model
    example_inputs: Callable[[], Any] | None = getattr(module, "example_inputs", None)
    if example_inputs is None:
        with _step("the model cannot be scripted; define example_inputs() to trace it instead"):
            return torch.jit.script(model)
    with _step("example_inputs() failed"):
        inputs = example_inputs()
    if not isinstance(inputs, tuple) or not all(isinstance(value, torch.Tensor) for value in inputs):
        raise ExportError(f"example_inputs() returns {_a(inputs)}, not a tuple of tensors. Return one: (tensor,).")
    with _step("the model cannot be traced with example_inputs()"):
        trace: Callable[..., Any] = torch.jit.trace
        return trace(model, tuple(value.cpu() for value in inputs))


def write_reproducibly(saved: Path, result: Path) -> None:
    """Write the TorchScript archive `saved` to `result` without what depends on the place where it was made.

    Its debug records hold the paths of source files; they serve error messages only. The records' bytes are
    mapped rather than read, since weights may be as large as the memory.
    """
    with zipfile.ZipFile(saved) as archive:
        records = {info.filename.split("/", 1)[1]: info for info in archive.infolist()}
    reader: Any = PyTorchFileReader(str(saved))  # torch's types lack get_record_offset
    writer = PyTorchFileWriter(str(result))
    mapped = torch.UntypedStorage.from_file(str(saved), shared=False, nbytes=saved.stat().st_size)
    for name, info in records.items():
        if name.endswith(".debug_pkl") or name == _ID:
            continue
        if info.compress_type == zipfile.ZIP_STORED and info.file_size:
            writer.write_record(name, mapped.data_ptr() + reader.get_record_offset(name), info.file_size)
        else:
            writer.write_record(name, reader.get_record(name), info.file_size)
    writer.write_end_of_file()


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
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
