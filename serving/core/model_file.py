"""Finds and loads the model of a directory: TorchScript (`.pt`, `.pth`) or torch.export (`.pt2`)."""

from pathlib import Path

import torch
from torch.export.passes import move_to_device_pass

from .errors import StartError, error_line

_MODEL_FILES = ("model.pt", "model.pt2")
_EXPORTED = ".pt2"
_PROGRAM = ("an exported program", "torch.export.save")
_SCRIPT = ("TorchScript", "torch.jit.save")
_MODEL_SUFFIXES = frozenset({".pt", ".pth", _EXPORTED})


def load_model(model_dir: Path, device: torch.device) -> torch.nn.Module:
    """Load `model.pt`, else `model.pt2`, else the only `.pt`, `.pth` or `.pt2` file, for inference.

    Raises
    ------
    StartError
        There is no such file, more than one, or it cannot be loaded.
    """
    file = _model_file(model_dir)
    try:
        return _load_exported(file, device) if file.suffix == _EXPORTED else _load_script(file, device)
    except Exception as error:  # a damaged archive can make torch's readers raise anything
        kind, save = _PROGRAM if file.suffix == _EXPORTED else _SCRIPT
        # what follows torch's first sentence is about its own archive reader
        reason = error_line(error).partition(". ")[0]
        raise StartError(
            f"{file} cannot be loaded as {kind} by torch {torch.__version__}: {reason};"
            f" save it with {save}, or write a model_fn in the handler"
        ) from error


def _load_script(file: Path, device: torch.device) -> torch.nn.Module:
    # torch leaves torch.jit.load untyped
    model: torch.jit.ScriptModule = torch.jit.load(str(file), map_location=device)  # type: ignore[no-untyped-call]
    return model.eval()


def _load_exported(file: Path, device: torch.device) -> torch.nn.Module:
    program = torch.export.load(file)
    if device.type != "cpu":
        program = move_to_device_pass(program, device)
    # an exported program has no mode: it was exported in the one that it has
    return program.module()


def _model_file(model_dir: Path) -> Path:
    for name in _MODEL_FILES:
        if (model_dir / name).is_file():
            return model_dir / name
    files = sorted(file for file in model_dir.iterdir() if file.suffix in _MODEL_SUFFIXES and file.is_file())
    if len(files) == 1:
        return files[0]
    found = f"there are {', '.join(file.name for file in files)}" if files else "there is none"
    raise StartError(
        f"{model_dir} has to hold model.pt, model.pt2 or exactly one .pt, .pth or .pt2 file, but {found};"
        " put the model there, or write a model_fn in the handler"
    )
