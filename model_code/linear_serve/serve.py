"""The handler, under a name of its own, and with a function of the model's module: model.yaml names it."""

import json
from pathlib import Path

import torch
from model import FEATURES, load_model
from torch import Tensor

JSON = "application/json"
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def model_fn(model_dir: str) -> torch.jit.ScriptModule:
    """Load the model, once, when the container starts."""
    return load_model(Path(model_dir) / "model.pt", DEVICE)


def input_fn(body: str, content_type: str) -> Tensor:
    """Read rows of features; a ValueError is the client's mistake, and answered with 400."""
    if content_type != JSON:
        raise ValueError(f"the content type {content_type} is not supported; send {JSON}")
    try:
        features = torch.tensor(json.loads(body), dtype=torch.float32)
    except Exception as error:  # json and torch raise several kinds
        raise ValueError(f"the body holds no rows of numbers: {error}") from error
    if features.ndim not in {1, 2} or features.shape[-1] != FEATURES:
        raise ValueError(f"shape {tuple(features.shape)}: send rows of {FEATURES} numbers")
    return features


def predict_fn(features: Tensor, model: torch.jit.ScriptModule) -> Tensor:
    """Predict the probabilities of every row's classes."""
    with torch.inference_mode():
        return model(features.to(DEVICE))


def output_fn(probabilities: Tensor, accept: str) -> list[float] | Tensor:
    """Return plain lists for JSON; the server writes the tensor as what else the client accepts, or refuses."""
    return probabilities.tolist() if accept == JSON else probabilities
