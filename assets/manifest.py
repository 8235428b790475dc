"""`manifest.json`: what a tarball holds, and what made it."""

import ast
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from assets.python_source import parse_python

MANIFEST = "manifest.json"
"""Name of the member; the last one, since the digests of the others are known when they are packed."""

_FORMAT = 1

HANDLER_FUNCTIONS = ("model_fn", "input_fn", "predict_fn", "output_fn", "transform_fn")
"""The functions of a handler (SageMaker PyTorch Inference Toolkit, *The Model Directory*)."""

ModelFormat = Literal["torchscript", "torch-export", "torch-save"]
"""What a model file is: made by `torch.jit.save`, `torch.export.save`, or `torch.save`, which needs a handler."""


@dataclass(frozen=True)
class ModelFile:
    """The tarball's model file, as its manifest describes it.

    Parameters
    ----------
    file
        Its name, at the top of the tarball.
    format
        What it is; None where it is nothing that torch is known to write.
    torch, python
        The versions that exported it, as in "2.13.0" and "3.11"; None for a ready file, which may come from
        anywhere.
    """

    file: str
    format: ModelFormat | None
    torch: str | None = None
    python: str | None = None


def manifest(
    model: ModelFile,
    digests: Mapping[str, str],
    entry_point: str,
    handler: bytes | None,
    container: str | None = None,
) -> bytes:
    """Return the content of `manifest.json`.

    Parameters
    ----------
    model
        The model file.
    digests
        SHA-256, hexadecimal, of every other member by its name.
    entry_point
        File name of the handler under `code/`.
    handler
        The handler, which is valid Python; None where there is none.
    container
        The only container that the tarball is for, with vendored dependencies; None where any will do.
    """
    content = {
        "format": _FORMAT,
        "container": container,
        "model": asdict(model),
        "files": dict(digests),
        "handler": None if handler is None else {"file": f"code/{entry_point}", "functions": _functions(handler)},
    }
    return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()


def _functions(handler: bytes) -> list[str]:
    """List the functions of the contract that a handler defines, imports or assigns at its top level."""
    names: set[str] = set()
    for node in parse_python(handler).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            names.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return [name for name in HANDLER_FUNCTIONS if name in names]
