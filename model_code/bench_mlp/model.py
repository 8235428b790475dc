"""A small multilayer perceptron: its prediction takes about as long as the rest of a request.

So a benchmark of it measures the server, and what it gains by predicting several requests at once.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

FEATURES = 10
HIDDEN = 256
HIDDEN_LAYERS = 5
CLASSES = 4


class Perceptron(nn.Module):
    """Class probabilities, (rows, 4), of feature vectors, (rows, 10)."""

    def __init__(self) -> None:
        super().__init__()
        widths = [FEATURES, *[HIDDEN] * HIDDEN_LAYERS]
        hidden = [layer for sizes in pairwise(widths) for layer in (nn.Linear(*sizes), nn.ReLU())]
        self.layers = nn.Sequential(*hidden, nn.Linear(HIDDEN, CLASSES))
        for layer in hidden[::2]:
            # by PyTorch's own default, which is for few layers, all rows would have nearly the same answer
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")

    def forward(self, features: Tensor) -> Tensor:
        """Return the probability of each class; every row sums to 1."""
        return torch.softmax(self.layers(features), dim=-1)


def create_model() -> nn.Module:
    """Return the model with weights drawn from a fixed seed, so that none are committed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Perceptron()
