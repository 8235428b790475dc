"""State dicts → the network's weights, with what does not fit said by name."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

HEAD = "fc."
_IMAGENET_HEAD = ("fc.weight", "fc.bias")
_COUNTER = "num_batches_tracked"  # torchvision's older files lack it; only training reads it
_SHOWN = 5


class CheckpointError(ValueError):
    """A checkpoint cannot be loaded into this network; the text is for who packages the model."""


def load_checkpoints(network: nn.Module, files: Sequence[Path], seeded: Collection[str]) -> None:
    """Load state dicts, one after the other, into a network.

    Each may hold all weights or a part of them, under torchvision's names. Torchvision's own head, `fc.weight`
    and `fc.bias`, is left out where the network's head was replaced.

    Parameters
    ----------
    network
        Its weights are set in place.
    files
        What `torch.save(model.state_dict(), file)` wrote. Only tensors are read, so that a file runs no code.
    seeded
        The parts, `backbone` and `head`, that may stay as they are where no file has them.

    Raises
    ------
    CheckpointError
        A file cannot be read, has names or shapes that are none of the network's, or weights are in no file.
    """
    left = {name for name in network.state_dict() if not name.endswith(_COUNTER)}
    for file in files:
        left -= _load(network, file)
    missing = sorted(name for name in left if _part(name) not in seeded)
    if missing:
        raise CheckpointError(
            f"no checkpoint has {_listed(missing)}. Name one that has them in `checkpoints` of classifier.toml, "
            "or their part in `seeded`."
        )


def _load(network: nn.Module, file: Path) -> set[str]:
    """Load one file; return the names that it had."""
    wanted = network.state_dict()
    state = {name: tensor for name, tensor in _read(file).items() if name in wanted or name not in _IMAGENET_HEAD}
    mistakes = [_unknown(name, wanted) for name in state if name not in wanted]
    mistakes += [
        f"{name} has the shape {list(tensor.shape)}, not {list(wanted[name].shape)}"
        for name, tensor in state.items()
        if name in wanted and tensor.shape != wanted[name].shape
    ]
    if mistakes:
        raise CheckpointError(f"{file.name} does not fit the network: {_listed(mistakes, '; ')}.")
    network.load_state_dict(state, strict=False)
    return set(state)


def _read(file: Path) -> Mapping[str, Tensor]:
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(f"{file.name} is not there. Put the file beside model.py.") from None
    except Exception as error:  # noqa: BLE001 - a damaged file can make torch raise anything
        raise CheckpointError(
            f"{file.name} is no state dict that torch reads without running code: {error}"
        ) from None
    is_state = isinstance(state, Mapping) and all(isinstance(value, Tensor) for value in state.values())
    if not is_state:
        raise CheckpointError(f"{file.name} holds no state dict. Save it by torch.save(model.state_dict(), …).")
    return state


def _unknown(name: str, wanted: Collection[str]) -> str:
    near = difflib.get_close_matches(name, wanted, 1)
    return f"{name} is none of its names" + (f" (the nearest is {near[0]})" if near else "")


def _listed(items: Sequence[str], separator: str = ", ") -> str:
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return separator.join(items[:_SHOWN]) + more


def _part(name: str) -> str:
    return "head" if name.startswith(HEAD) else "backbone"
