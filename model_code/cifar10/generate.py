"""Makes a small set of images in CIFAR-10's original format, drawn from a seed.

    python model_code/cifar10/generate.py DIR [--images-per-batch N] [--seed N]

It writes `DIR/cifar-10-batches-py`, as the original archive unpacks to: five training batches and a test batch,
with as many images of each class, and `batches.meta`.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from batch_writer import write_batch, write_names
from images import CHANNELS, CLASSES, SIDE
from pictures import draw_images
from python_batches import FOLDER, TEST, TRAINING

_BATCH_LABELS = {
    **{name: f"training batch {number} of {len(TRAINING)}" for number, name in enumerate(TRAINING, 1)},
    TEST[0]: "testing batch 1 of 1",
}


def generate(folder: Path, images_per_batch: int, seed: int) -> None:
    """Write a set of images.

    Parameters
    ----------
    folder
        Gets a folder `cifar-10-batches-py`.
    images_per_batch
        The original has 10 000.
    seed
        The same one gives the same bytes, with the same version of Pillow.
    """
    inside = folder / FOLDER
    inside.mkdir(parents=True, exist_ok=True)
    for number, (name, label) in enumerate(_BATCH_LABELS.items()):
        random = np.random.default_rng([seed, number])
        labels = random.permutation(np.arange(images_per_batch) % len(CLASSES))
        filenames = [f"{CLASSES[one]}_s_{place:06d}.png" for place, one in enumerate(labels)]
        write_batch(inside / name, label, draw_images(labels, random), labels, filenames)
    write_names(inside / "batches.meta", images_per_batch, CHANNELS * SIDE * SIDE)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write what the arguments ask for."""
    parser = argparse.ArgumentParser(description="Makes a small set of images in CIFAR-10's original format.")
    parser.add_argument("folder", type=Path, metavar="DIR", help="gets a folder cifar-10-batches-py")
    parser.add_argument("--images-per-batch", type=int, default=1000, help="default 1000; the original has 10000")
    parser.add_argument("--seed", type=int, default=0, help="default 0")
    options = parser.parse_args(arguments)
    if options.images_per_batch < len(CLASSES):
        parser.error(f"--images-per-batch: {options.images_per_batch} is less than one image of each class")
    generate(options.folder, options.images_per_batch, options.seed)


if __name__ == "__main__":
    main()
