"""ResNet-50 in plain torch, its modules named as torchvision's, so that torchvision's weights fit it.

The architecture is that of He et al., "Deep Residual Learning for Image Recognition" (2015), with the stride in
the 3x3 convolution of a block, as torchvision has it.
"""

import torch
from torch import Tensor, nn

BLOCKS = (3, 4, 6, 3)
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
    """Scores of 1000 classes, (images, 1000), of images, (images, 3, height, width), 224 by 224 as trained."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        self.layer1 = _layer(64, 64, BLOCKS[0], stride=1)
        self.layer2 = _layer(256, 128, BLOCKS[1], stride=2)
        self.layer3 = _layer(512, 256, BLOCKS[2], stride=2)
        self.layer4 = _layer(1024, 512, BLOCKS[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512 * _EXPANSION, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Return the score of each class."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def _layer(channels: int, width: int, blocks: int, stride: int) -> nn.Sequential:
    first = Bottleneck(channels, width, stride)
    return nn.Sequential(first, *(Bottleneck(width * _EXPANSION, width, 1) for _ in range(blocks - 1)))


def create_model() -> nn.Module:
    """Return the model with weights drawn from a fixed seed, so that none are committed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = ResNet50()
        # an untrained sum of 16 blocks would grow at each of them; a trained one does not either
        for module in model.modules():
            if isinstance(module, Bottleneck):
                nn.init.constant_(module.bn3.weight, 0.25)
        return model
