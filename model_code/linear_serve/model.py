"""A linear classifier, with functions that save and load it as TorchScript."""

from pathlib import Path

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
    """Return the model, its weights drawn from a fixed seed; the caller's random numbers stay as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return LinearClassifier()


def save_model(model: nn.Module, path: Path) -> None:
    """Compile the model and save it; Slipway's export does the same, and the same bytes each time."""
    torch.jit.script(model).save(str(path))


def load_model(path: Path, device: torch.device) -> torch.jit.ScriptModule:
    """Load what `save_model`, or Slipway's export, saved; the class above is not needed for that."""
    return torch.jit.load(str(path), map_location=device).eval()
