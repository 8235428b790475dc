"""Trains the network on one process or many, saves it, and goes on after an interruption."""

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from augmentation import augment
from cluster import Member
from images import normalize
from network import Cnn
from python_batches import TEST, TRAINING, load_images
from torch import Tensor, nn

WEIGHTS = "weights.pth"
"""The file in the model's folder: a state dict."""

_CHECKPOINT = "checkpoint.pth"
_WEIGHT_DECAY = 5e-4
_TESTED_AT_ONCE = 500  # images

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """What train.py is told.

    Parameters
    ----------
    data
        The folder of the batches.
    model
        The folder that gets `weights.pth`.
    checkpoints
        The folder that gets a checkpoint after each epoch, and may hold one to go on from; None for none.
    epochs
        Passes over the training images.
    batch_size
        Images of each step, over all processes.
    learning_rate
        The highest; it rises to it and falls again.
    momentum
        Of stochastic gradient descent.
    seed
        Of the first weights, the images' order and their augmentation.
    """

    data: Path
    model: Path
    checkpoints: Path | None
    epochs: int
    batch_size: int
    learning_rate: float
    momentum: float
    seed: int


def train(options: Options, member: Member) -> None:
    """Train; the first process reports the test accuracy of each epoch, and saves.

    Raises
    ------
    ValueError
        The data is not CIFAR-10's, or has fewer images than processes.
    """
    pixels, labels = load_images(options.data, TRAINING)
    images, classes = normalize(pixels), torch.from_numpy(labels)
    tests = load_images(options.data, TEST)
    if len(images) < member.size:
        raise ValueError(f"{len(images)} images are too few for {member.size} processes")
    torch.manual_seed(options.seed)
    network = Cnn().to(member.device, memory_format=torch.channels_last)
    each = max(options.batch_size // member.size, 1)
    steps = -(-(len(images) // member.size) // each)
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=options.learning_rate,
        momentum=options.momentum,
        nesterov=options.momentum > 0,
        weight_decay=_WEIGHT_DECAY,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, options.learning_rate, total_steps=options.epochs * steps, cycle_momentum=False
    )
    first = _resume(options, network, optimizer, schedule, member.device)
    shared = member.share(network)
    for epoch in range(first, options.epochs):
        shared.train()
        loss = torch.zeros(())
        for chosen, generator in _steps(len(images), each, epoch, options.seed, member):
            batch = augment(images[chosen], generator).to(member.device, memory_format=torch.channels_last)
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(shared(batch), classes[chosen].to(member.device))
            loss.backward()
            optimizer.step()
            schedule.step()
        if member.is_first:
            right = accuracy(network, normalize(tests[0]), torch.from_numpy(tests[1]), member.device)
            done = f"epoch {epoch + 1} of {options.epochs}"
            log.info("%s: loss %.4f, test accuracy %.2f %%", done, loss.item(), 100 * right)
            _save_checkpoint(options, network, optimizer, schedule, epoch + 1)
    if member.is_first:
        state = {name: value.cpu().contiguous() for name, value in network.state_dict().items()}
        _save(state, options.model / WEIGHTS)


def accuracy(network: nn.Module, images: Tensor, classes: Tensor, device: torch.device) -> float:
    """Return which part of the images, 0 to 1, the network knows."""
    network.eval()
    with torch.inference_mode():
        found = [network(part.to(device)).argmax(1).cpu() for part in images.split(_TESTED_AT_ONCE)]
    return float((torch.cat(found) == classes).float().mean())


def _steps(
    count: int, each: int, epoch: int, seed: int, member: Member
) -> Iterator[tuple[Tensor, torch.Generator]]:
    """Yield the images of each step of a process; every process has the same number of steps."""
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed * 1000 + epoch))
    own = order[member.rank : count - count % member.size : member.size]
    generator = torch.Generator().manual_seed((seed * 1000 + epoch) * 1000 + member.rank)
    for chosen in own.split(each):
        yield chosen, generator


def _resume(
    options: Options,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    device: torch.device,
) -> int:
    """Load a checkpoint if there is one; return the epoch to go on with."""
    path = options.checkpoints and options.checkpoints / _CHECKPOINT
    if not path or not path.is_file():
        return 0
    state = torch.load(path, map_location=device, weights_only=True)
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    log.info("going on after epoch %d, from %s", state["epochs"], path)
    return int(state["epochs"])


def _save_checkpoint(
    options: Options,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    epochs: int,
) -> None:
    if options.checkpoints:
        parts = {"network": network, "optimizer": optimizer, "schedule": schedule}
        state = {name: part.state_dict() for name, part in parts.items()}
        _save({**state, "epochs": epochs}, options.checkpoints / _CHECKPOINT)


def _save(state: dict[str, object], path: Path) -> None:
    """Write beside its place and rename, so that a file which is there is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    torch.save(state, unfinished)
    os.replace(unfinished, path)  # noqa: PTH105 (one call, over a file that is there)
