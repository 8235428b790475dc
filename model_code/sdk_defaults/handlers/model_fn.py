"""model_fn alone: a state dict, as a training script saves it, in the model's class, on the device of the context.

It needs `weights: model.pth` in model.yaml.
"""

from pathlib import Path
from typing import Any

import torch
from model import NearestColour


def model_fn(model_dir: str, context: Any) -> torch.nn.Module:
    """Load the model, once for each worker; workers take turns at the GPUs."""
    gpu = context.system_properties["gpu_id"]
    device = torch.device("cpu" if gpu is None else f"cuda:{gpu}")
    model = NearestColour()
    model.load_state_dict(torch.load(Path(model_dir) / "model.pth", map_location=device, weights_only=True))
    return model.to(device).eval()
