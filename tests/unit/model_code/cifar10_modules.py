"""The modules of model_code/cifar10, imported from its folder and forgotten again."""

from __future__ import annotations

from assets import checkout

from .folder_modules import modules_of

FOLDER = checkout.MODEL_CODE / "cifar10"

cifar10 = modules_of(FOLDER)
