"""predict_fn alone: the prediction on the GPU that the context names, where there are several."""

from typing import Any

import torch
from torch import Tensor


def device_of(context: Any) -> torch.device:
    """Return the worker's GPU, or the CPU where it has none (`gpu_id` is None)."""
    gpu = context.system_properties["gpu_id"]
    return torch.device("cpu" if gpu is None else f"cuda:{gpu}")


def predict_fn(pixels: Tensor, model: torch.nn.Module, context: Any) -> Tensor:
    """Predict; `context.system_properties["batch_size"]` is how many requests are answered together."""
    with torch.inference_mode():
        return model(pixels.to(device_of(context)))
