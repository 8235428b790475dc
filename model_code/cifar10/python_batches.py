"""Reads CIFAR-10 in its original "python version": five training batches and a test batch, pickled by Python 2.

A batch is a dictionary with `data`, an array of (images, 3072) bytes, of which the first 1024 are the image's red
pixels row by row, then the green, then the blue ones; and `labels`, the numbers of the classes.
Source: https://www.cs.toronto.edu/~kriz/cifar.html
"""

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from images import CHANNELS, CLASSES, SIDE

FOLDER = "cifar-10-batches-py"
"""What the original archive unpacks to."""

TRAINING = tuple(f"data_batch_{number}" for number in range(1, 6))
"""The files of the training images."""

TEST = ("test_batch",)
"""The file of the test images."""

Images = tuple[np.ndarray, np.ndarray]
"""Pixels, (images, 3, 32, 32) of uint8, and the numbers of their classes, int64."""


class _BatchUnpickler(pickle.Unpickler):
    """Unpickles NumPy arrays and nothing else: a pickle from elsewhere could run any code."""

    def find_class(self, module: str, name: str) -> Any:
        if (module.replace("numpy._core", "numpy.core"), name) == ("numpy.core.multiarray", "_reconstruct"):
            return np._core.multiarray._reconstruct  # noqa: SLF001 - pickles of arrays name it
        if module == "numpy" and name in {"ndarray", "dtype"}:
            return getattr(np, name)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is no part of a batch of images")


def load_images(folder: Path, names: Sequence[str]) -> Images:
    """Read batches.

    Parameters
    ----------
    folder
        `cifar-10-batches-py`, or the folder that it lies in.
    names
        `TRAINING` or `TEST`.

    Raises
    ------
    ValueError
        A file is missing or is no such batch; the text says which one.
    """
    inside = folder / FOLDER if (folder / FOLDER).is_dir() else folder
    batches = [_read(inside / name) for name in names]
    return np.concatenate([pixels for pixels, _ in batches]), np.concatenate([labels for _, labels in batches])


def _read(path: Path) -> Images:
    try:
        with path.open("rb") as file:
            batch = _BatchUnpickler(file, encoding="bytes").load()
    except FileNotFoundError as error:
        raise ValueError(f"{path} is not there; the data is CIFAR-10's python version, unpacked") from error
    except Exception as error:  # a damaged pickle can make it raise anything
        raise ValueError(f"{path} is no batch of CIFAR-10: {error}") from error
    data = batch.get(b"data") if isinstance(batch, dict) else None
    labels = batch.get(b"labels") if isinstance(batch, dict) else None
    size = CHANNELS * SIDE * SIDE
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.ndim != 2 or data.shape[1] != size:  # noqa: PLR2004
        raise ValueError(f"{path} is no batch of CIFAR-10: its data is no array of bytes, {size} for each image")
    if not isinstance(labels, list) or len(labels) != len(data) or not set(labels) <= set(range(len(CLASSES))):
        raise ValueError(f"{path} is no batch of CIFAR-10: its labels are not a number of 0 to 9 for each image")
    return data.reshape(-1, CHANNELS, SIDE, SIDE), np.array(labels, np.int64)
