"""classifier.toml: what it may say, and one message for each mistake in it."""

import difflib
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

_HOST = re.compile(
    r"(?=.{1,253}(:|$))([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?(:\d{1,5})?"
)
_FILE = re.compile(r"[^/\\]+\.(pt|pth)")
_LAYERS = 4


class SettingsError(ValueError):
    """classifier.toml is wrong; the text names every mistake."""


@dataclass(frozen=True)
class Head:
    """The classifier in the place of ImageNet's: the width of its hidden layer, and the dropout of training."""

    hidden: int = 2048
    dropout: float = 0.4


@dataclass(frozen=True)
class Backbone:
    """The network's size: channels of the first convolution, and bottlenecks in each layer."""

    width: int = 64
    blocks: tuple[int, ...] = (3, 4, 6, 3)


@dataclass(frozen=True)
class ImageSettings:
    """The most pixels of an image, decoded."""

    max_pixels: int = 25_000_000


@dataclass(frozen=True)
class UrlSettings:
    """Fetching of images: the hosts that may be asked, and limits in seconds, bytes and redirects."""

    hosts: tuple[str, ...] = ()
    seconds: float = 5.0
    max_bytes: int = 6_000_000
    max_redirects: int = 3


@dataclass(frozen=True)
class ClassifierSettings:
    """What classifier.toml says.

    Parameters
    ----------
    labels
        The names of the classes, in the order of the head's outputs.
    top_k
        How many classes an answer names.
    checkpoints
        Files of weights beside model.py.
    seeded
        Parts that may be drawn from a seed.
    head, backbone, image, url
        The sections.
    """

    labels: tuple[str, ...]
    top_k: int = 3
    checkpoints: tuple[str, ...] = ()
    seeded: tuple[str, ...] = ()
    head: Head = field(default_factory=Head)
    backbone: Backbone = field(default_factory=Backbone)
    image: ImageSettings = field(default_factory=ImageSettings)
    url: UrlSettings = field(default_factory=UrlSettings)


_SECTIONS: dict[str, type[Any]] = {"head": Head, "backbone": Backbone, "image": ImageSettings, "url": UrlSettings}


def read_settings(file: Path) -> ClassifierSettings:
    """Read and check classifier.toml.

    Raises
    ------
    SettingsError
        Names all mistakes: the key, what is allowed, and the nearest key to an unknown one.
    """
    try:
        content = tomllib.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise SettingsError(f"{file.name} cannot be read: {error}") from None
    mistakes = [*_wrong(content, ClassifierSettings, "")]
    for name, section in _SECTIONS.items():
        if isinstance(content.get(name, {}), dict):
            mistakes += _wrong(content.get(name, {}), section, f"{name}.")
    if not mistakes:
        mistakes += _contrary(content)
    if mistakes:
        raise SettingsError(f"{file.name}: {'; '.join(mistakes)}")
    sections = {name: section(**_frozen(content.get(name, {}))) for name, section in _SECTIONS.items()}
    return ClassifierSettings(**{**_frozen(content), **sections})


def _wrong(content: dict[str, Any], known: type[Any], where: str) -> list[str]:
    names = [item.name for item in fields(known)]
    mistakes = []
    for key, value in content.items():
        if key not in names:
            near = difflib.get_close_matches(key, names, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
            mistakes.append(f"{where}{key} is unknown; {hint}")
        else:
            fits, words = _ALLOWED[f"{where}{key}"]
            if not fits(value):
                mistakes.append(f"{where}{key} has to be {words}, not {value!r}")
    if known is ClassifierSettings and "labels" not in content:
        mistakes.append("labels is missing; it has to be " + _ALLOWED["labels"][1])
    return mistakes


def _contrary(content: dict[str, Any]) -> list[str]:
    classes = len(content["labels"])
    if content.get("top_k", 3) > classes:
        return [f"top_k has to be at most the number of labels, {classes}, not {content.get('top_k', 3)}"]
    return []


def _frozen(content: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in content.items()}


_Allowed = tuple[Callable[[Any], bool], str]


def _whole(least: int, most: int) -> _Allowed:
    return lambda value: type(value) is int and least <= value <= most, f"a whole number from {least} to {most}"


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)


def _is_labels(value: Any) -> bool:
    return _texts(value) and len(value) > 1 and len(set(value)) == len(value)


def _is_number(value: Any, most: float) -> bool:
    return type(value) in {int, float} and 0 <= value <= most


_SECTION: _Allowed = (lambda value: isinstance(value, dict), "a section")
_ALLOWED: dict[str, _Allowed] = {
    "labels": (_is_labels, "a list of two or more different names, one for each class"),
    "top_k": _whole(1, 1000),
    "checkpoints": (
        lambda value: _texts(value) and all(_FILE.fullmatch(item) for item in value),
        "a list of .pt and .pth files beside model.py",
    ),
    "seeded": (
        lambda value: _texts(value) and set(value) <= {"backbone", "head"},
        'a list of "backbone" and "head"',
    ),
    **dict.fromkeys(_SECTIONS, _SECTION),
    "head.hidden": _whole(1, 65536),
    "head.dropout": (lambda value: _is_number(value, 1), "a number from 0 to 1"),
    "backbone.width": _whole(1, 1024),
    "backbone.blocks": (
        lambda value: (
            isinstance(value, list) and len(value) == _LAYERS and all(_whole(1, 100)[0](item) for item in value)
        ),
        "four whole numbers from 1 to 100",
    ),
    "image.max_pixels": _whole(1, 1_000_000_000),
    "url.hosts": (
        lambda value: _texts(value) and all(_HOST.fullmatch(item) for item in value),
        'a list of names in small letters such as "images.example.com", or with a port "images.example.com:8443"',
    ),
    "url.seconds": (lambda value: _is_number(value, 30) and value > 0, "a number above 0, 30 at most"),
    "url.max_bytes": _whole(1, 100_000_000),
    "url.max_redirects": _whole(0, 10),
}
