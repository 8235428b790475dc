"""A small convolutional network."""

from images import CHANNELS, CLASSES
from torch import Tensor, nn

_WIDTHS = (24, 48, 96)


class Cnn(nn.Module):
    """Scores of the classes, (images, 10), of normalized images, (images, 3, 32, 32); the highest one wins."""

    def __init__(self) -> None:
        super().__init__()
        narrow, middle, wide = _WIDTHS
        self.features = nn.Sequential(
            *_layer(CHANNELS, narrow, stride=1),
            *_layer(narrow, middle, stride=2),
            *_layer(middle, middle, stride=1),
            *_layer(middle, wide, stride=2),
            *_layer(wide, wide, stride=1),
        )
        self.classifier = nn.Linear(wide, len(CLASSES))

    def forward(self, images: Tensor) -> Tensor:
        """Return the scores, which are no probabilities: softmax makes those of them."""
        return self.classifier(self.features(images).mean((2, 3)))


def _layer(inputs: int, outputs: int, stride: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
    return convolution, nn.BatchNorm2d(outputs), nn.ReLU()
