"""Trains the model on pictures that are drawn from a seed, and writes statistics.pth and head.pth.

    python model_code/resnet50/train.py [--each N] [--epochs N] [--output DIR]

Of the backbone, only the statistics of batch norm are measured: mean and variance of each channel on the pictures.
Its 2048 features of each picture are then computed once, and the head learns from them. To train with images of
your own, name their labels in classifier.toml, and have `main` take pairs of a PIL image and its label's place in
them where it calls `draw_many`.
"""

import argparse
import io
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from checkpoint import HEAD
from classifier_settings import read_settings
from image_input import read_image
from model import create_network
from pictures import HELD_OUT_SEED, NotDrawnError, draw_many
from PIL import Image
from resnet import ResNet50
from torch import Tensor, nn

_FOLDER = Path(__file__).resolve().parent
_TRAINING_SEED = 1
_HELD_OUT = 20  # pictures of each class
_MEASURED = 200  # pictures, of all classes alike
_BATCH = 64
_LEARNING_RATE = 1e-3

Pictures = Iterable[tuple[Image.Image, int]]


def main() -> None:
    """Train, say how good it is on pictures that it has not seen, and write both state dicts."""
    parser = argparse.ArgumentParser(description="Trains the classifier on drawn pictures.")
    parser.add_argument("--each", type=_positive, default=120, help="pictures of each class (default 120)")
    parser.add_argument("--epochs", type=_positive, default=300, help="passes over the pictures (default 300)")
    parser.add_argument("--output", type=Path, default=_FOLDER, help="the folder that gets the files")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    settings = read_settings(_FOLDER / "classifier.toml")
    try:
        pictures = draw_many(settings.labels, options.each, _TRAINING_SEED)
        held_out = draw_many(settings.labels, _HELD_OUT, HELD_OUT_SEED)
    except NotDrawnError as error:
        sys.exit(f"train.py: {error}; see its docstring for images of your own")
    network = create_network(settings)
    measure(network, pictures[:_MEASURED])
    features, classes = features_of(network, pictures)
    train(network.fc, features, classes, options.epochs)
    features, classes = features_of(network, held_out)
    with torch.inference_mode():
        right = (network.fc.eval()(features).argmax(1) == classes).float().mean().item()
    print(f"held out: {right:.1%} of {len(classes)} pictures")  # noqa: T201 - what a command says
    state = network.state_dict()
    _save(options.output / "statistics.pth", state, lambda name: name.endswith(("running_mean", "running_var")))
    _save(options.output / "head.pth", state, lambda name: name.startswith(HEAD))


def prepared(picture: Image.Image) -> Tensor:
    """Return a picture as a client's would come: a file that the handler reads."""
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return read_image(file.getvalue(), max_pixels=10**7)


def measure(network: ResNet50, pictures: Pictures) -> None:
    """Set the mean and variance of each batch norm to those of pictures, averaged over batches, in place."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # every batch counts alike
    network.train()
    with torch.inference_mode():
        for batch in torch.cat([prepared(picture) for picture, _ in pictures]).split(_BATCH):
            network.features(batch)
    network.eval()


def features_of(network: ResNet50, pictures: Pictures) -> tuple[Tensor, Tensor]:
    """Return the backbone's features, (pictures, 2048), and the classes of pictures."""
    rows, classes = [], []
    with torch.inference_mode():
        for picture, place in pictures:
            rows.append(network.features(prepared(picture)))
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
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    head.train()
    for _ in range(epochs):
        for chosen in torch.randperm(len(classes)).split(_BATCH):
            loss = nn.functional.nll_loss(head(scaled[chosen]), classes[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        slower.step()
    first = next(layer for layer in head.modules() if isinstance(layer, nn.Linear))
    with torch.no_grad():
        first.bias -= first.weight @ (mean / deviation)
        first.weight /= deviation


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return value


def _save(file: Path, state: dict[str, Tensor], belongs: Callable[[str], bool]) -> None:
    torch.save({name: value for name, value in state.items() if belongs(name)}, file)


if __name__ == "__main__":
    main()
