"""Syntactically controlled paraphrasing: what Slipway exports to TorchScript as model.pt.

The weights of a training are committed. A fresh checkout would otherwise train for a minute before its first
export, and on another processor the last digits, and with them the tarball's digest, would differ.
"""

import json
from pathlib import Path

import torch
from paraphraser import new_paraphraser
from torch import nn

FOLDER = Path(__file__).resolve().parent


def create_model() -> nn.Module:
    """Return the model with its weights in place."""
    dictionary = json.loads((FOLDER / "dictionary.json").read_text(encoding="utf-8"))
    model = new_paraphraser(len(dictionary))
    # Kept as float16, which is half as large; the parameters stay float32.
    model.load_state_dict(torch.load(FOLDER / "weights.pth", weights_only=True))
    return model
