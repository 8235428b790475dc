"""The rival on a GPU: the model as written, in eager mode and float32; `model.py` lies beside this file."""

import torch
from model import create_model


def model_fn(model_dir, context):  # noqa: ARG001 - the contract's
    """Make the model where the server has its device; its weights come from a fixed seed."""
    return create_model().eval().to(_device(context))


def predict_fn(data, model, context):
    """Call it."""
    with torch.no_grad():
        return model(data.to(_device(context)))


def _device(context):
    return "cpu" if context.system_properties["gpu_id"] is None else "cuda"
