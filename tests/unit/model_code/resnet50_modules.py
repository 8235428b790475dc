"""The modules of model_code/resnet50, imported from its folder and forgotten again."""

from __future__ import annotations

import importlib
import sys
from types import SimpleNamespace

import pytest

from assets import checkout

FOLDER = checkout.MODEL_CODE / "resnet50"
TINY = {"width": 4, "blocks": (1, 1, 1, 1)}
"""The size of a network of the same names, quick to make."""

_NAMES = sorted(file.stem for file in FOLDER.glob("*.py"))


def _imported() -> SimpleNamespace:
    """Import all at once, so that each finds the others, and no other folder's modules find these."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(FOLDER), *sys.path])
        others = {name: sys.modules.pop(name) for name in _NAMES if name in sys.modules}
        found = {name: importlib.import_module(name) for name in _NAMES}
    for name in _NAMES:
        del sys.modules[name]
    sys.modules.update(others)
    return SimpleNamespace(**found)


resnet50 = _imported()
