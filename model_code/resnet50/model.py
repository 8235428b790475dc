"""An image classifier: ResNet-50 with a head for other classes, loaded from state dicts."""

from pathlib import Path

import torch
from backbone import set_filters
from checkpoint import load_checkpoints
from classifier_settings import ClassifierSettings, read_settings
from resnet import ResNet50, seeded
from torch import Tensor, nn

_FOLDER = Path(__file__).resolve().parent
_SIDE = 224  # pixels, as ImageNet's images are prepared


class Classifier(nn.Module):
    """Class probabilities, (images, classes), of prepared images, (images, 3, height, width).

    Parameters
    ----------
    network
        What gives the logarithms of the probabilities.
    """

    def __init__(self, network: ResNet50) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Return the probability of each class; every row sums to 1."""
        return torch.exp(self.network(images))


def create_network(settings: ClassifierSettings) -> ResNet50:
    """Return the network with filters, seeded weights and a new head; `create_model` loads the trained ones."""
    network = seeded(settings.backbone.width, settings.backbone.blocks)
    set_filters(network)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network.replace_head(len(settings.labels), settings.head.hidden, settings.head.dropout)
    return network


def create_model() -> nn.Module:
    """Return the model with its weights in place, as classifier.toml says."""
    settings = read_settings(_FOLDER / "classifier.toml")
    network = create_network(settings)
    load_checkpoints(network, [_FOLDER / name for name in settings.checkpoints], settings.seeded)
    return Classifier(network)


def example_inputs() -> tuple[Tensor, ...]:
    """Return an image to trace the model with; no control flow in it depends on the image."""
    return (torch.zeros(1, 3, _SIDE, _SIDE),)
