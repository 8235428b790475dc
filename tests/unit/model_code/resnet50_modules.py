"""The modules of model_code/resnet50, imported from its folder and forgotten again."""

from __future__ import annotations

from assets import checkout

from .folder_modules import modules_of

FOLDER = checkout.MODEL_CODE / "resnet50"
TINY = {"width": 4, "blocks": (1, 1, 1, 1)}
"""The size of a network of the same names, quick to make."""

resnet50 = modules_of(FOLDER)
