"""The handler that both servers run in the comparison: the four functions as the tutorials write them."""

import json
import os

import torch


def model_fn(model_dir):
    """Load the TorchScript model."""
    return torch.jit.load(os.path.join(model_dir, "model.pt"), map_location="cpu").eval()  # noqa: PTH118


def input_fn(body, content_type):
    """Read rows of numbers."""
    if content_type != "application/json":
        raise ValueError(f"{content_type} is not JSON")
    return torch.tensor(json.loads(body), dtype=torch.float32)


def predict_fn(data, model):
    """Call the model."""
    with torch.no_grad():
        return model(data)


def output_fn(prediction, accept):  # noqa: ARG001 - the contract's
    """Write the answer."""
    return json.dumps(prediction.tolist())
