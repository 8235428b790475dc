"""A backbone that sees edges before it has learned anything: filters, and ways through, among seeded weights.

Weights drawn from a seed lose in sixteen blocks what a picture showed. Here the first convolution measures edges
and lines, and the first block of each layer hands on what it gets, blurred as its stride needs. All else stays as
it was drawn.
"""

import math
from collections.abc import Iterator

import torch
from resnet import Bottleneck, ResNet50
from torch import Tensor, nn

_SIDE = 7  # pixels of the first convolution's filters
_DIRECTIONS = 8
_EDGE = (7.0, 2.0, math.pi / 2)  # wavelength and standard deviation in pixels, phase of a Gabor filter
_LINE = (4.0, 1.5, 0.0)
_GREY = (3**-0.5, 3**-0.5, 3**-0.5)
_BANK = (((1.0, 0.0, 0.0), _EDGE), ((0.0, 1.0, 0.0), _EDGE), ((0.0, 0.0, 1.0), _EDGE), (_GREY, _LINE))
_BLUR = torch.tensor([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]) / 16
_LIFTS = (2.0, 1.0, 0.0, -1.0)  # standard deviations: ReLU keeps nearly all of the first, the peaks of the last
_DRAWN_SHARE = 0.25  # of a drawn shortcut, beside what is handed on


@torch.no_grad()
def set_filters(network: ResNet50) -> None:
    """Set the first convolution to oriented filters, and let the first block of each layer hand them on, in place.

    Parameters
    ----------
    network
        With drawn weights. One of fewer than 64 channels gets as many filters as it has; of more, the further
        ones stay as drawn.
    """
    filters = torch.stack(list(_filters()))[: network.conv1.out_channels]
    network.conv1.weight[: len(filters)] = filters
    for layer in (network.layer1, network.layer2, network.layer3, network.layer4):
        _hand_on(layer[0])


def _filters() -> Iterator[Tensor]:
    """Yield 64 filters, (3, 7, 7): in each direction both signs, since ReLU keeps one of them."""
    for colour, shape in _BANK:
        for step in range(_DIRECTIONS):
            plane = _gabor(math.pi * step / _DIRECTIONS, *shape)
            for sign in (1.0, -1.0):
                yield torch.tensor(colour)[:, None, None] * plane * sign


def _gabor(angle: float, wavelength: float, deviation: float, phase: float) -> Tensor:
    """Return a wave under a Gaussian, (7, 7), that gives 0 on a plain surface; its norm is 1."""
    places = torch.arange(_SIDE) - _SIDE // 2
    y, x = torch.meshgrid(places, places, indexing="ij")
    along = x * math.cos(angle) + y * math.sin(angle)
    wave = torch.cos(2 * math.pi * along / wavelength + phase)
    plane = wave * torch.exp(-(x**2 + y**2) / (2 * deviation**2))
    plane -= plane.mean()
    return plane / plane.norm()


def _hand_on(block: Bottleneck) -> None:
    """Make a block blur the first channels of its input and give each out four times, differently lifted."""
    width = block.conv2.out_channels
    nn.init.eye_(block.conv1.weight[:, :, 0, 0])
    block.conv2.weight.zero_()
    block.conv2.weight[range(width), range(width)] = _BLUR
    block.conv3.weight[:, :, 0, 0] = torch.eye(width).repeat(len(_LIFTS), 1)
    for norm in (block.bn1, block.bn2):
        norm.bias.fill_(_LIFTS[0])
    block.bn3.weight.fill_(1)
    block.bn3.bias.copy_(torch.tensor(_LIFTS).repeat_interleave(width))
    if block.downsample is not None:
        block.downsample[1].weight.fill_(_DRAWN_SHARE)
