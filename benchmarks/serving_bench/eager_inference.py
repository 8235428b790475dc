"""The rival on a GPU: the model as written, in eager mode and float32; `model.py` lies beside this file."""

import torch
from model import create_model


def model_fn(model_dir):  # noqa: ARG001 - the contract's
    """Make the model; its weights come from a fixed seed."""
    return create_model().eval().to("cuda")


def predict_fn(data, model):
    """Call it."""
    with torch.no_grad():
        return model(data.to("cuda"))
