"""Trains the head on pictures that are drawn from a seed, and writes head.pth.

    python model_code/resnet50/train.py [--each N] [--epochs N] [--output FILE]

The backbone stays as it is: its 2048 features of each picture are computed once, and the head learns from them.
To train with images of your own, give `features_of` their tensors, and classifier.toml their labels.
"""

import argparse
import io
from collections.abc import Iterable
from pathlib import Path

import torch
from checkpoint import HEAD
from classifier_settings import read_settings
from image_input import read_image
from model import create_network
from pictures import draw_many
from PIL import Image
from resnet import ResNet50
from torch import Tensor, nn

_FOLDER = Path(__file__).resolve().parent
_HELD_OUT = 10  # pictures of each class, of another seed
_BATCH = 64
_LEARNING_RATE = 1e-3


def main() -> None:
    """Train, say how good it is on pictures that it has not seen, and write the head's state dict."""
    parser = argparse.ArgumentParser(description="Trains the head of the classifier on drawn pictures.")
    parser.add_argument("--each", type=int, default=60, help="pictures of each class (default 60)")
    parser.add_argument("--epochs", type=int, default=150, help="passes over the pictures (default 150)")
    parser.add_argument("--output", type=Path, default=_FOLDER / "head.pth", help="the file that is written")
    options = parser.parse_args()
    settings = read_settings(_FOLDER / "classifier.toml")
    network = create_network(settings).eval()
    features, classes = features_of(network, draw_many(settings.labels, options.each, seed=1))
    train(network.fc, features, classes, options.epochs)
    features, classes = features_of(network, draw_many(settings.labels, _HELD_OUT, seed=2))
    with torch.inference_mode():
        right = (network.fc.eval()(features).argmax(1) == classes).float().mean().item()
    print(f"held out: {right:.1%} of {len(classes)} pictures")  # noqa: T201 - what a command says
    head = {name: value for name, value in network.state_dict().items() if name.startswith(HEAD)}
    torch.save(head, options.output)


def features_of(network: ResNet50, pictures: Iterable[tuple[Image.Image, int]]) -> tuple[Tensor, Tensor]:
    """Return the backbone's features, (pictures, 2048), and the classes of pictures."""
    rows, classes = [], []
    with torch.inference_mode():
        for picture, place in pictures:
            file = io.BytesIO()
            picture.save(file, "PNG", compress_level=1)
            rows.append(network.features(read_image(file.getvalue(), max_pixels=10**7)))
            classes.append(place)
    return torch.cat(rows).clone(), torch.tensor(classes)


def train(head: nn.Module, features: Tensor, classes: Tensor, epochs: int) -> None:
    """Train a head that gives logarithms of probabilities, in place.

    It learns from features of mean 0 and deviation 1; its first layer then takes that step over, so that it judges
    features as they are.
    """
    torch.manual_seed(0)
    mean, deviation = features.mean(0), features.std(0) + 1e-6 * features.std()
    scaled = (features - mean) / deviation
    optimizer = torch.optim.AdamW(head.parameters(), lr=_LEARNING_RATE, weight_decay=0.05)
    head.train()
    for _ in range(epochs):
        for chosen in torch.randperm(len(classes)).split(_BATCH):
            loss = nn.functional.nll_loss(head(scaled[chosen]), classes[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    first = next(layer for layer in head.modules() if isinstance(layer, nn.Linear))
    with torch.no_grad():
        first.bias -= first.weight @ (mean / deviation)
        first.weight /= deviation


if __name__ == "__main__":
    main()
