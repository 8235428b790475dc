"""The trained network: what Slipway exports to TorchScript as model.pt."""

from pathlib import Path

import torch
from images import CHANNELS, SIDE
from network import Cnn
from torch import Tensor, nn

WEIGHTS = Path(__file__).with_name("trained") / "weights.pth"
"""What train.py wrote; `slipway train` puts it here."""


def create_model() -> nn.Module:
    """Return the network with its trained weights.

    Raises
    ------
    FileNotFoundError
        It was not trained yet.
    """
    if not WEIGHTS.is_file():
        raise FileNotFoundError(f"{WEIGHTS} is not there; train it first: slipway train cifar10 --data DIR")
    network = Cnn()
    network.load_state_dict(torch.load(WEIGHTS, weights_only=True))
    return network


def example_inputs() -> tuple[Tensor, ...]:
    """Return a batch to trace the network with; no control flow in it depends on the images."""
    return (torch.zeros(2, CHANNELS, SIDE, SIDE),)
