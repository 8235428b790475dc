"""What runs in the container around the model: the four functions that SageMaker calls.

Each of them may be left out; the server then does the same by default.
"""

import io
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

FEATURES = 10
JSON = "application/json"
NPY = "application/x-npy"
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def model_fn(model_dir: str) -> torch.jit.ScriptModule:
    """Load the model, once, when the container starts."""
    return torch.jit.load(Path(model_dir) / "model.pt", map_location=DEVICE).eval()


def input_fn(body: str | bytes, content_type: str) -> Tensor:
    """Decode a request: one row of features or a batch of rows, as JSON or NPY.

    A ValueError says what is wrong to the client, who gets it as a 400.
    """
    if content_type not in {JSON, NPY}:
        raise ValueError(f"Content type {content_type!r} is not supported; send {JSON} or {NPY}.")
    try:
        rows = json.loads(body) if content_type == JSON else np.load(io.BytesIO(body), allow_pickle=False)
        features = torch.from_numpy(np.asarray(rows).astype(np.float32, casting="same_kind"))
    except Exception as error:  # a damaged body can make the parsers raise anything
        raise ValueError(f"The body holds no rows of numbers: {error}") from error
    if features.ndim not in {1, 2} or features.shape[-1] != FEATURES or not features.isfinite().all():
        raise ValueError(f"Shape {tuple(features.shape)}: send rows of {FEATURES} finite numbers.")
    return features


def predict_fn(features: Tensor, model: torch.jit.ScriptModule) -> Tensor:
    """Predict the probabilities of every row's classes."""
    with torch.inference_mode():
        return model(features.to(DEVICE))


def output_fn(probabilities: Tensor, accept: str) -> tuple[str | bytes, str] | np.ndarray:
    """Encode the answer as JSON or NPY; the server writes the array as whatever else the client accepts.

    `accept` is the client's first choice. NaN is no JSON, and so no answer but an error.
    """
    array = probabilities.cpu().numpy()
    if accept == JSON:
        return json.dumps(array.tolist(), allow_nan=False), JSON
    if accept == NPY:
        file = io.BytesIO()
        np.save(file, array)
        return file.getvalue(), NPY
    return array
