"""One script for SageMaker: run, it trains the network; imported, it serves it.

    python train.py --data-dir DIR --model-dir DIR [--epochs N] [--batch-size N] …

In a training job SageMaker's own variables say where everything is, and hyperparameters come as arguments.
"""

import argparse
import functools
import io
import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from cluster import Cluster, Member
from images import CHANNELS, CLASSES, SIDE, normalize
from torch import Tensor
from training import Options, train

JSON = "application/json"
NPY = "application/x-npy"
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
_MOST = 10_000  # of a normalized number
_ONE_IMAGE = (CHANNELS, SIDE, SIDE)


def model_fn(model_dir: str) -> torch.jit.ScriptModule:
    """Load the network, once, when the container starts."""
    return torch.jit.load(Path(model_dir) / "model.pt", map_location=DEVICE).eval()


def input_fn(body: str | bytes, content_type: str) -> Tensor:
    """Decode a request: an NPY file of one image, (3, 32, 32), or of a batch, (images, 3, 32, 32).

    Bytes are pixels and are normalized here; floats are normalized already. A ValueError says what is wrong to the
    client, who gets it as a 400.
    """
    if content_type != NPY or not isinstance(body, bytes):
        raise ValueError(f"Content type {content_type!r} is not supported; send {NPY}.")
    try:
        array = np.load(io.BytesIO(body), allow_pickle=False)
    except Exception as error:  # a damaged body can make the parser raise anything
        raise ValueError(f"The body is no NPY file: {error}") from error
    if not isinstance(array, np.ndarray) or array.shape[-3:] != _ONE_IMAGE or array.ndim not in {3, 4}:
        shape = getattr(array, "shape", "of several arrays")
        raise ValueError(f"Shape {shape}: send images of (3, 32, 32), or a batch of them.")
    batch = array.reshape(-1, *_ONE_IMAGE)
    if batch.dtype == np.uint8:
        return normalize(batch)
    if batch.dtype.kind != "f":
        raise ValueError("Send pixels as uint8, or normalized images as floats.")
    return torch.from_numpy(_bounded(batch))


def _bounded(batch: np.ndarray) -> np.ndarray:
    """Return normalized images as float32, of which none is so large that the network's scores are no numbers."""
    with np.errstate(over="ignore"):
        images = batch.astype(np.float32)
    if not np.isfinite(images).all():
        raise ValueError("Not all floats are finite; send normalized images as floats that are finite in float32.")
    largest = max(images.min(), images.max(), key=abs) if images.size else 0
    if abs(largest) > _MOST:
        raise ValueError(
            f"A float is {largest:g}; normalized pixels lie between -1 and 1, and -{_MOST} to {_MOST} is taken."
        )
    return images


def predict_fn(images: Tensor, model: torch.jit.ScriptModule) -> Tensor:
    """Predict the scores of every image's classes."""
    with torch.inference_mode():
        return model(images.to(DEVICE))


def output_fn(scores: Tensor, accept: str) -> tuple[str, str] | np.ndarray:
    """Name each image's class, as JSON; the server writes the array of scores as NPY or CSV."""
    array = scores.cpu().numpy()
    if accept != JSON:
        return array
    answers = [
        {"class": CLASSES[row.argmax()], "scores": dict(zip(CLASSES, row.tolist(), strict=True))} for row in array
    ]
    return json.dumps(answers, allow_nan=False), JSON


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, as the arguments and SageMaker's variables say."""
    options = _parser().parse_args(arguments)
    if options.current_host not in options.hosts:
        sys.exit(f"train.py: {options.current_host} is none of the hosts {', '.join(options.hosts)}")
    cluster = Cluster(tuple(options.hosts), options.current_host, options.num_gpus)
    settings = Options(
        data=options.data_dir,
        model=options.model_dir,
        checkpoints=options.checkpoint_dir,
        epochs=options.epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        momentum=options.momentum,
        seed=options.seed,
    )
    try:
        cluster.run(functools.partial(_train, settings))
    except ValueError as error:
        sys.exit(f"train.py: {error}")


def _train(settings: Options, member: Member) -> None:
    """Train in one of the processes, each of which logs by itself."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    train(settings, member)


def _parser() -> argparse.ArgumentParser:
    known = os.environ
    parser = argparse.ArgumentParser(description="Trains a small CNN on CIFAR-10.")
    parser.add_argument("--epochs", type=_positive, default=10, help="passes over the images (default 10)")
    parser.add_argument("--batch-size", type=_positive, default=128, help="images of a step (default 128)")
    parser.add_argument("--learning-rate", type=float, default=0.05, help="the highest (default 0.05)")
    parser.add_argument("--momentum", type=float, default=0.9, help="of gradient descent (default 0.9)")
    parser.add_argument("--seed", type=int, default=0, help="of everything random (default 0)")
    places = (
        ("--data-dir", "SM_CHANNEL_TRAINING", "the training data"),
        ("--model-dir", "SM_MODEL_DIR", "what is kept of the training"),
    )
    for name, variable, what in places:
        parser.add_argument(
            name,
            type=Path,
            default=known.get(variable),
            required=variable not in known,
            help=f"{what} (default: {variable})",
        )
    parser.add_argument("--checkpoint-dir", type=Path, default=_checkpoints(), help="where to go on from")
    parser.add_argument("--hosts", type=json.loads, default=known.get("SM_HOSTS", '["localhost"]'))
    parser.add_argument("--current-host", default=known.get("SM_CURRENT_HOST", "localhost"))
    parser.add_argument("--num-gpus", type=int, default=known.get("SM_NUM_GPUS", "0"))
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return value


def _checkpoints() -> str | None:
    """Return SageMaker's folder of checkpoints, which is there when the job has a place for them."""
    place = os.environ.get("CHECKPOINT_DIR", "/opt/ml/checkpoints")
    return place if place and Path(place).is_dir() else None


if __name__ == "__main__":
    main()
