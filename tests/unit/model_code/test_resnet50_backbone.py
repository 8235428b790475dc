"""The filters of model_code/resnet50's backbone, the ways through it, and its statistics."""

from __future__ import annotations

import math

import pytest
import torch

from .resnet50_modules import TINY, resnet50

DIRECTIONS = 8


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    """With all 64 filters, and few blocks."""
    made = resnet50.resnet.seeded(64, (1, 1, 1, 1))
    resnet50.backbone.set_filters(made)
    return made.eval()


def edge(angle: float) -> torch.Tensor:
    """A grey image, dark on one side of a line through its middle and light on the other."""
    places = torch.arange(64) - 31.5
    y, x = torch.meshgrid(places, places, indexing="ij")
    return torch.sign(x * math.cos(angle) + y * math.sin(angle)).expand(1, 3, 64, 64)


@pytest.mark.parametrize("step", range(DIRECTIONS))
def test_an_edge_excites_the_filters_of_its_direction_most(network: torch.nn.Module, step: int) -> None:
    with torch.inference_mode():
        answers = network.conv1(edge(math.pi * step / DIRECTIONS))[0, :48, 12:20, 12:20].amax((1, 2))
    by_direction = answers.reshape(3, DIRECTIONS, 2).amax((0, 2))
    assert by_direction.argmax() == step


def test_a_plain_image_excites_no_filter(network: torch.nn.Module) -> None:
    colour = torch.tensor([0.2, -1.5, 2.0])[:, None, None].expand(1, 3, 64, 64)
    with torch.inference_mode():
        assert network.conv1(colour)[..., 4:-4, 4:-4].abs().max() < 1e-5


def test_a_first_block_hands_on_its_input_blurred(network: torch.nn.Module) -> None:
    """One channel's rise shows in the four outputs that it is given out to, more than in any other."""
    [block] = network.layer2
    quiet = torch.rand(1, 256, 16, 16, generator=torch.Generator().manual_seed(0))
    loud = quiet.clone()
    loud[:, 5] += 1
    with torch.inference_mode():
        rise = (block.bn3(block.conv3(inner(block, loud))) - block.bn3(block.conv3(inner(block, quiet)))).mean(
            (0, 2, 3)
        )
    risen = (rise > 1e-3).nonzero().flatten().tolist()
    assert risen == [5, 133, 261, 389]


def inner(block: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
    x = block.bn1(block.conv1(x)).relu()
    return block.bn2(block.conv2(x)).relu()


def test_the_filters_are_the_same_each_time_and_fit_a_smaller_network() -> None:
    made = [resnet50.resnet.seeded(**TINY) for _ in range(2)]
    for one in made:
        resnet50.backbone.set_filters(one)
    first, second = (one.state_dict() for one in made)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["conv1.weight"], resnet50.resnet.seeded(**TINY).conv1.weight)


def test_statistics_are_those_of_the_pictures() -> None:
    network = resnet50.resnet.seeded(**TINY)
    pictures = resnet50.pictures.draw_many(("circle", "noise"), 2, seed=7)
    resnet50.train.measure(network, pictures)
    with torch.inference_mode():
        outputs = network.conv1(torch.cat([resnet50.train.prepared(picture) for picture, _ in pictures]))
    torch.testing.assert_close(network.bn1.running_mean, outputs.mean((0, 2, 3)), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(network.bn1.running_var, outputs.var((0, 2, 3)), rtol=1e-3, atol=1e-4)
    assert not network.training
