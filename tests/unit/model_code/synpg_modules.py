"""The modules of model_code/synpg, imported from its folder and forgotten again."""

from __future__ import annotations

from assets import checkout

from .folder_modules import modules_of

FOLDER = checkout.MODEL_CODE / "synpg"
PICNIC = {
    "sent": "we will have a picnic if it is a sunny day tomorrow.",
    "synt": "(ROOT (S (NP (PRP we)) (VP (MD will) (VP (VB have) (NP (DT a) (NN picnic)) (SBAR (IN if) (S "
    "(NP (PRP it)) (VP (VBZ is) (NP (DT a) (JJ sunny) (NN day)) (NP (NN tomorrow))))))) (. .)))",
    "tmpl": "(ROOT (S (S ) (, ) (CC ) (S ) (. )))",
}
"""The document's request."""

synpg = modules_of(FOLDER)
