"""The modules of a folder in model_code/, imported from it and forgotten again."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest


def modules_of(folder: Path) -> SimpleNamespace:
    """Import all at once, so that each finds the others, and no other folder's modules find these."""
    names = sorted(file.stem for file in folder.glob("*.py"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(folder), *sys.path])
        others = {name: sys.modules.pop(name) for name in names if name in sys.modules}
        found = {name: importlib.import_module(name) for name in names}
    for name in names:
        del sys.modules[name]
    sys.modules.update(others)
    return SimpleNamespace(**found)
