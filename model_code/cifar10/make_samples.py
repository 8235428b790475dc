"""Writes samples/ anew: test images, and what the trained network answers to them. Run it after a training.

python model_code/cifar10/make_samples.py DIR
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import yaml
from images import CLASSES, normalize
from model import create_model
from python_batches import TEST, load_images
from train import JSON, NPY, output_fn

_SAMPLES = Path(__file__).with_name("samples")
_TOLERANCE = 0.001
_CAT = CLASSES.index("cat")


def make_samples(data: Path, folder: Path) -> None:
    """Write a cat, and a batch with one image of each class.

    Parameters
    ----------
    data
        The folder of the batches.
    folder
        Gets the samples.
    """
    images, labels = load_images(data, TEST)
    each = np.array([np.flatnonzero(labels == number)[0] for number in range(len(CLASSES))])
    _write(folder, "cat", "One image as pixels; the answer names its class.", images[each[_CAT]][None], JSON)
    _write(
        folder, "ten-classes", "An image of each class as pixels; the answer is their scores.", images[each], NPY
    )


def _write(folder: Path, name: str, about: str, pixels: np.ndarray, accept: str) -> None:
    with torch.inference_mode():
        scores = create_model().eval()(normalize(pixels))
    np.save(folder / f"{name}.request.npy", pixels)
    settings: dict[str, object] = {"content_type": NPY, "accept": accept, "body_file": f"{name}.request.npy"}
    answer = output_fn(scores, accept)
    if isinstance(answer, tuple):
        settings["expected"] = json.loads(answer[0])
    else:
        np.save(folder / f"{name}.expected.npy", answer)
        settings["expected_file"] = f"{name}.expected.npy"
    text = yaml.safe_dump({**settings, "tolerance": _TOLERANCE}, sort_keys=False)
    (folder / f"{name}.yaml").write_text(f"# {about}\n{text}", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the samples from the data that the argument names."""
    parser = argparse.ArgumentParser(description="Writes the samples anew.")
    parser.add_argument("data", type=Path, metavar="DIR", help="the folder of the data")
    make_samples(parser.parse_args(arguments).data, _SAMPLES)


if __name__ == "__main__":
    main()
