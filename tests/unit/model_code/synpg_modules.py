"""The modules of model_code/synpg, imported from its folder and forgotten again."""

from __future__ import annotations

import importlib
import sys
from types import SimpleNamespace

import pytest

from assets import checkout

FOLDER = checkout.MODEL_CODE / "synpg"
PICNIC = {
    "sent": "we will have a picnic if it is a sunny day tomorrow.",
    "synt": "(ROOT (S (NP (PRP we)) (VP (MD will) (VP (VB have) (NP (DT a) (NN picnic)) (SBAR (IN if) (S "
    "(NP (PRP it)) (VP (VBZ is) (NP (DT a) (JJ sunny) (NN day)) (NP (NN tomorrow))))))) (. .)))",
    "tmpl": "(ROOT (S (S ) (, ) (CC ) (S ) (. )))",
}
"""The document's request."""

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


synpg = _imported()
