"""ResNet-50 in plain torch, its modules named as torchvision's, so that torchvision's weights fit it.

The architecture is that of He et al., "Deep Residual Learning for Image Recognition" (2015), with the stride in
the 3x3 convolution of a block, as torchvision has it.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

BLOCKS = (3, 4, 6, 3)
WIDTH = 64
CLASSES = 1000
_EXPANSION = 4


class Bottleneck(nn.Module):
    """Adds a 1x1, a 3x3 and a 1x1 convolution of its input to the input.

    Parameters
    ----------
    channels
        Of the input.
    width
        Channels of the 3x3 convolution; the output has four times as many.
    stride
        Of the 3x3 convolution.
    """

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        out = width * _EXPANSION
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or channels != out:
            self.downsample = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x: Tensor) -> Tensor:
        """Return (images, 4 * width, height / stride, width / stride)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.relu(self.bn3(self.conv3(x)) + shortcut)


class ResNet50(nn.Module):
    """Scores of 1000 classes, (images, 1000), of images, (images, 3, height, width), 224 by 224 as trained.

    Parameters
    ----------
    width
        Channels of the first convolution; all others follow it. Another than 64 is no ResNet-50, but a network
        of the same names that is quick enough for a test.
    blocks
        Bottlenecks in each of the four layers.
    """

    def __init__(self, width: int = WIDTH, blocks: Sequence[int] = BLOCKS) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        self.layer1 = _layer(width, width, blocks[0], stride=1)
        self.layer2 = _layer(width * 4, width * 2, blocks[1], stride=2)
        self.layer3 = _layer(width * 8, width * 4, blocks[2], stride=2)
        self.layer4 = _layer(width * 16, width * 8, blocks[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc: nn.Module = nn.Linear(width * 8 * _EXPANSION, CLASSES)

    def features(self, x: Tensor) -> Tensor:
        """Return what the head judges: 2048 numbers of each image."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return torch.flatten(self.avgpool(x), 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return what the head makes of each image: the score of each class."""
        return self.fc(self.features(x))

    def replace_head(self, classes: int, hidden: int, dropout: float) -> None:
        """Put a classifier of other classes in the place of the one for ImageNet's.

        Parameters
        ----------
        classes
            Its outputs: the logarithms of their probabilities.
        hidden
            Width of its hidden layer.
        dropout
            The share of outputs that training drops; an exported model drops none.
        """
        assert isinstance(self.fc, nn.Linear)  # noqa: S101 - the head that was made above
        self.fc = nn.Sequential(
            nn.Linear(self.fc.in_features, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, classes),
            nn.Dropout(dropout),
            nn.LogSoftmax(dim=1),
        )


def seeded(width: int = WIDTH, blocks: Sequence[int] = BLOCKS) -> ResNet50:
    """Return a network with weights drawn from a fixed seed; the caller's random numbers stay as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = ResNet50(width, blocks)
        # an untrained sum of 16 blocks would grow at each of them; a trained one does not either
        for module in model.modules():
            if isinstance(module, Bottleneck):
                nn.init.constant_(module.bn3.weight, 0.25)
        return model


def _layer(channels: int, width: int, blocks: int, stride: int) -> nn.Sequential:
    first = Bottleneck(channels, width, stride)
    return nn.Sequential(first, *(Bottleneck(width * _EXPANSION, width, 1) for _ in range(blocks - 1)))
