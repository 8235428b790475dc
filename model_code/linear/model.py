"""A linear classifier: what Slipway exports to TorchScript as model.pt."""

import torch
from torch import Tensor, nn

FEATURES = 10
CLASSES = 2


class LinearClassifier(nn.Module):
    """Class probabilities, (rows, 2), of feature vectors, (rows, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(FEATURES, CLASSES)

    def forward(self, features: Tensor) -> Tensor:
        """Return the probability of each class; every row sums to 1."""
        return torch.softmax(self.linear(features), dim=-1)


def create_model() -> nn.Module:
    """Return the model with its weights in place.

    A trained model would load them here, from a file beside this one, by `load_state_dict`. This toy draws
    them from a fixed seed, and leaves the caller's random numbers as they were.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return LinearClassifier()
