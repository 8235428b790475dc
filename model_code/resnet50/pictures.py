"""Pictures of the classes, drawn from a seed: what train.py trains the head on, and what the samples show."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

SIZE = 256  # pixels of each side
HELD_OUT_SEED = 2  # of pictures that no training sees
_CONTRAST = 96  # of 255, the least difference between both colours, in each channel
_NOISE = 6.0  # standard deviation, of 255

Colour = tuple[int, int, int]
_Mask = np.ndarray


class NotDrawnError(ValueError):
    """There are no drawn pictures of a label; the text is for who trains the model."""


def draw(label: str, random: np.random.Generator) -> Image.Image:
    """Draw a picture of a class, in two colours, with its place, size and proportions as `random` has them."""
    mask = _MASKS[label](random)
    first, second = _colours(random)
    pixels = np.where(mask[..., None] > 0, np.array(first, np.float64), np.array(second, np.float64))
    if label == "noise":
        pixels = pixels * 0.3 + random.uniform(0, 255, pixels.shape) * 0.7
    pixels += random.normal(0, _NOISE, pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def draw_many(labels: tuple[str, ...], each: int, seed: int) -> list[tuple[Image.Image, int]]:
    """Draw `each` pictures of every class; return them with their places in `labels`.

    Raises
    ------
    NotDrawnError
        A label is none of those that this module draws.
    """
    if others := [label for label in labels if label not in _MASKS]:
        raise NotDrawnError(f"pictures.py draws no {', '.join(others)}, which classifier.toml has as labels")
    random = np.random.default_rng(seed)
    return [(draw(label, random), place) for _ in range(each) for place, label in enumerate(labels)]


def _colours(random: np.random.Generator) -> tuple[Colour, Colour]:
    first = random.integers(0, 256, 3)
    second = (first + random.integers(_CONTRAST, 257 - _CONTRAST, 3)) % 256  # beyond 255 it goes on from 0
    return tuple(first.tolist()), tuple(second.tolist())


def _shape(
    random: np.random.Generator, paint: Callable[[ImageDraw.ImageDraw, float, float, float], None]
) -> _Mask:
    """Paint one shape in the middle part of a picture, with a radius of a fifth to a third of its side."""
    image = Image.new("L", (SIZE, SIZE))
    radius = random.uniform(0.2, 0.33) * SIZE
    x, y = random.uniform(radius + 16, SIZE - radius - 16, 2)
    paint(ImageDraw.Draw(image), float(x), float(y), float(radius))
    return np.asarray(image)


def _circle(random: np.random.Generator) -> _Mask:
    return _shape(random, lambda pen, x, y, r: pen.ellipse((x - r, y - r, x + r, y + r), fill=255))


def _triangle(random: np.random.Generator) -> _Mask:
    turn = random.uniform(-0.2, 0.2)  # radians
    corners = [turn + np.pi * (2 * corner / 3 - 0.5) for corner in range(3)]

    def paint(pen: ImageDraw.ImageDraw, x: float, y: float, r: float) -> None:
        pen.polygon([(x + 1.2 * r * np.cos(angle), y + 1.2 * r * np.sin(angle)) for angle in corners], fill=255)

    return _shape(random, paint)


def _cross(random: np.random.Generator) -> _Mask:
    half = random.uniform(0.15, 0.3)

    def paint(pen: ImageDraw.ImageDraw, x: float, y: float, r: float) -> None:
        pen.rectangle((x - r, y - half * r, x + r, y + half * r), fill=255)
        pen.rectangle((x - half * r, y - r, x + half * r, y + r), fill=255)

    return _shape(random, paint)


def _rings(random: np.random.Generator) -> _Mask:
    y, x = np.mgrid[:SIZE, :SIZE] - random.uniform(0.35, 0.65, (2, 1, 1)) * SIZE
    return _wave(np.hypot(x, y), random) > 0


def _stripes(axis: int) -> Callable[[np.random.Generator], _Mask]:
    return lambda random: _wave(np.mgrid[:SIZE, :SIZE][axis].astype(float), random) > 0


def _checkerboard(random: np.random.Generator) -> _Mask:
    y, x = np.mgrid[:SIZE, :SIZE].astype(float)
    period = random.uniform(24, 56)
    return _wave(x, random, period) * _wave(y, random, period) > 0


def _grid(random: np.random.Generator) -> _Mask:
    y, x = np.mgrid[:SIZE, :SIZE].astype(float)
    period = random.uniform(24, 56)
    return np.maximum(_wave(x, random, period), _wave(y, random, period)) > random.uniform(0.75, 0.9)


def _dots(random: np.random.Generator) -> _Mask:
    y, x = np.mgrid[:SIZE, :SIZE].astype(float)
    period = random.uniform(24, 56)
    return _wave(x, random, period) + _wave(y, random, period) > random.uniform(0.9, 1.3)


def _nothing(_: np.random.Generator) -> _Mask:
    return np.zeros((SIZE, SIZE))


def _wave(distance: np.ndarray, random: np.random.Generator, period: float | None = None) -> np.ndarray:
    period = period or random.uniform(16, 48)
    return np.sin(2 * np.pi * (distance / period + random.uniform()))


_MASKS: dict[str, Callable[[np.random.Generator], _Mask]] = {
    "checkerboard": _checkerboard,
    "circle": _circle,
    "cross": _cross,
    "dots": _dots,
    "grid": _grid,
    "horizontal stripes": _stripes(0),
    "noise": _nothing,
    "rings": _rings,
    "triangle": _triangle,
    "vertical stripes": _stripes(1),
}
