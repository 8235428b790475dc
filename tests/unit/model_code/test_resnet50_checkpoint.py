"""Weights of model_code/resnet50: torchvision's names, a replaced head, and what does not fit."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest
import torch

from .resnet50_modules import TINY, resnet50

CheckpointError = resnet50.checkpoint.CheckpointError
load_checkpoints = resnet50.checkpoint.load_checkpoints


def torchvision_shapes() -> dict[str, tuple[int, ...]]:
    """The entries of torchvision.models.resnet50().state_dict(), as torchvision/models/resnet.py makes them."""

    def norm(name: str, channels: int) -> dict[str, tuple[int, ...]]:
        vectors = ("weight", "bias", "running_mean", "running_var")
        return {f"{name}.{part}": (channels,) for part in vectors} | {f"{name}.num_batches_tracked": ()}

    shapes: dict[str, tuple[int, ...]] = {"conv1.weight": (64, 3, 7, 7), **norm("bn1", 64)}
    inplanes = 64
    for layer, (planes, blocks) in enumerate(zip((64, 128, 256, 512), (3, 4, 6, 3), strict=True), start=1):
        for block in range(blocks):
            name = f"layer{layer}.{block}"
            shapes |= {f"{name}.conv1.weight": (planes, inplanes, 1, 1), **norm(f"{name}.bn1", planes)}
            shapes |= {f"{name}.conv2.weight": (planes, planes, 3, 3), **norm(f"{name}.bn2", planes)}
            shapes |= {f"{name}.conv3.weight": (planes * 4, planes, 1, 1), **norm(f"{name}.bn3", planes * 4)}
            if block == 0:
                shapes |= {f"{name}.downsample.0.weight": (planes * 4, inplanes, 1, 1)}
                shapes |= norm(f"{name}.downsample.1", planes * 4)
            inplanes = planes * 4
    return shapes | {"fc.weight": (1000, 2048), "fc.bias": (1000,)}


def filled(shapes: dict[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    """Tensors that take no memory: each has one number for all of its places."""
    return {
        name: torch.tensor(0) if not shape else torch.tensor(0.001 * place).expand(shape)
        for place, (name, shape) in enumerate(shapes.items(), start=1)
    }


def tiny() -> torch.nn.Module:
    network = resnet50.resnet.seeded(**TINY)
    network.replace_head(classes=3, hidden=5, dropout=0.4)
    return network


def saved(folder: Path, state: object, name: str = "weights.pth") -> Path:
    torch.save(state, folder / name)
    return folder / name


def test_a_torchvision_checkpoint_has_exactly_the_names_and_shapes_of_the_network() -> None:
    shapes = torchvision_shapes()
    assert len(shapes) == 320
    with torch.device("meta"):
        network = resnet50.resnet.ResNet50()
    assert {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()} == shapes


def test_a_torchvision_checkpoint_is_the_backbone_of_a_network_with_another_head(tmp_path: Path) -> None:
    state = filled(torchvision_shapes())
    with torch.device("meta"):
        network = resnet50.resnet.ResNet50()
        network.replace_head(classes=10, hidden=16, dropout=0.4)
    network.to_empty(device="cpu")
    load_checkpoints(network, [saved(tmp_path, state)], seeded=["head"])
    loaded = network.state_dict()
    backbone = [name for name in state if not name.startswith("fc.")]
    assert len(backbone) == 318
    assert [name for name in backbone if not torch.equal(loaded[name], state[name])] == []
    assert loaded["fc.2.weight"].shape == (10, 16)


def test_the_documents_checkpoint_of_a_replaced_head_has_the_networks_names() -> None:
    """Its head is Linear(2048, 2048), ReLU, Linear(2048, 10), Dropout(0.4), LogSoftmax."""
    shapes = {name: shape for name, shape in torchvision_shapes().items() if not name.startswith("fc.")}
    shapes |= {"fc.0.weight": (2048, 2048), "fc.0.bias": (2048,), "fc.2.weight": (10, 2048), "fc.2.bias": (10,)}
    with torch.device("meta"):
        network = resnet50.resnet.ResNet50()
        network.replace_head(classes=10, hidden=2048, dropout=0.4)
    assert {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()} == shapes


def test_a_state_dict_comes_back_whole(tmp_path: Path) -> None:
    torch.manual_seed(3)
    trained, loaded = tiny(), tiny()
    for weight in trained.parameters():
        torch.nn.init.normal_(weight)
    load_checkpoints(loaded, [saved(tmp_path, trained.state_dict())], seeded=[])
    images = torch.rand(2, 3, 64, 64)
    assert torch.equal(loaded.eval()(images), trained.eval()(images))


def test_of_two_checkpoints_each_gives_its_part(tmp_path: Path) -> None:
    state = {name: tensor + 1 for name, tensor in tiny().state_dict().items()}
    parts: list[dict[str, torch.Tensor]] = [{}, {}]
    for name, tensor in state.items():
        parts[name.startswith("fc.")][name] = tensor
    network = tiny()
    load_checkpoints(network, [saved(tmp_path, part, f"{n}.pth") for n, part in enumerate(parts)], seeded=[])
    assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())


def test_an_old_checkpoint_without_counters_of_batches_is_whole(tmp_path: Path) -> None:
    state = {name: tensor for name, tensor in tiny().state_dict().items() if "num_batches" not in name}
    load_checkpoints(tiny(), [saved(tmp_path, state)], seeded=[])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"layer1.0.conv7.weight": torch.ones(1)},
            "layer1.0.conv7.weight is none of its names (the nearest is layer1",
        ),
        ({"fc.2.bias": torch.ones(1000)}, "fc.2.bias has the shape [1000], not [3]"),
    ],
    ids=["name", "shape"],
)
def test_what_does_not_fit_is_named(tmp_path: Path, change: dict[str, torch.Tensor], message: str) -> None:
    file = saved(tmp_path, tiny().state_dict() | change)
    with pytest.raises(CheckpointError, match=f"weights.pth does not fit the network: {re.escape(message)}"):
        load_checkpoints(tiny(), [file], seeded=["backbone", "head"])


def test_weights_in_no_checkpoint_are_no_silent_seed(tmp_path: Path) -> None:
    state = {name: tensor for name, tensor in tiny().state_dict().items() if name != "fc.0.bias"}
    with pytest.raises(CheckpointError, match=r"no checkpoint has fc\.0\.bias\. Name one"):
        load_checkpoints(tiny(), [saved(tmp_path, state)], seeded=["backbone"])


class Command:
    """What a pickle could run."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return eval, ("open('ran', 'w')",)


def test_a_checkpoint_runs_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "weights.pth"
    file.write_bytes(pickle.dumps({"fc.0.bias": Command()}))
    with pytest.raises(CheckpointError, match="is no state dict that torch reads without running code"):
        load_checkpoints(tiny(), [file], seeded=["backbone", "head"])
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("state", "message"),
    [([torch.ones(1)], "holds no state dict"), ({"epoch": 3}, "holds no state dict"), (None, "is not there")],
    ids=["list", "numbers", "missing"],
)
def test_a_file_that_is_no_checkpoint(tmp_path: Path, state: object, message: str) -> None:
    file = tmp_path / "weights.pth" if state is None else saved(tmp_path, state)
    with pytest.raises(CheckpointError, match=f"weights.pth {message}"):
        load_checkpoints(tiny(), [file], seeded=["backbone", "head"])


def test_the_weights_of_the_seed_leave_the_callers_random_numbers_alone() -> None:
    torch.manual_seed(1)
    first = resnet50.resnet.seeded(**TINY).state_dict()
    drawn = torch.rand(3)
    torch.manual_seed(1)
    assert torch.equal(torch.rand(3), drawn)
    second = resnet50.resnet.seeded(**TINY).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
