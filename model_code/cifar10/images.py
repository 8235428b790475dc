"""CIFAR-10's classes, and images as the network takes them."""

import numpy as np
import torch
from torch import Tensor

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
"""In the order of their numbers."""

SIDE = 32
"""Of an image, in pixels."""

CHANNELS = 3
"""Red, green and blue."""

_CENTRE = 0.5  # of 0 to 1, for every channel: pixels become -1 to 1


def normalize(pixels: np.ndarray) -> Tensor:
    """Turn pixels of 0 to 255 into what the network takes.

    Parameters
    ----------
    pixels
        uint8, of any shape.

    Returns
    -------
    Tensor
        float32 of the same shape, -1 to 1.
    """
    return (torch.from_numpy(pixels.astype(np.float32)) / 255 - _CENTRE) / _CENTRE
