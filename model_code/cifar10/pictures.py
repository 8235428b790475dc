"""Pictures of CIFAR-10's classes, drawn from a seed: signs of the classes, in many sizes, places and colours."""

import colorsys
from collections.abc import Callable

import numpy as np
from images import CLASSES, SIDE
from PIL import Image, ImageDraw

_FINE = 4  # a picture is drawn this many times as large, and made smaller
_HUE = 0.02  # standard deviation, of a whole turn; the classes are a tenth of one apart
_NOISE = 12.0  # standard deviation, of 255

Point = tuple[float, float]


class Pen:
    """Draws in a frame of -1 to 1, which lies somewhere in the picture.

    Parameters
    ----------
    image
        The picture, of one channel.
    centre, radius
        Where the frame lies, and half of its side, in the picture's pixels.
    """

    def __init__(self, image: Image.Image, centre: Point, radius: float) -> None:
        self._draw = ImageDraw.Draw(image)
        self._centre = centre
        self._radius = radius

    def oval(self, left: float, top: float, right: float, bottom: float) -> None:
        """Fill an oval by its sides."""
        self._draw.ellipse([*self._at((left, top)), *self._at((right, bottom))], fill=255)

    def box(self, left: float, top: float, right: float, bottom: float) -> None:
        """Fill a rectangle by its sides."""
        self._draw.rectangle([*self._at((left, top)), *self._at((right, bottom))], fill=255)

    def shape(self, *points: Point) -> None:
        """Fill a polygon."""
        self._draw.polygon([self._at(point) for point in points], fill=255)

    def _at(self, point: Point) -> Point:
        x, y = self._centre
        return x + point[0] * self._radius, y + point[1] * self._radius


def draw_images(labels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Draw a picture for each label.

    Parameters
    ----------
    labels
        Numbers of classes.
    random
        Where the random numbers come from.

    Returns
    -------
    numpy.ndarray
        (images, 3, 32, 32) of uint8.
    """
    return np.stack([_draw(CLASSES[label], random) for label in labels])


def _draw(name: str, random: np.random.Generator) -> np.ndarray:
    side = SIDE * _FINE
    sign = Image.new("L", (side, side))
    radius = random.uniform(0.28, 0.46) * side
    x, y = random.uniform(radius, side - radius, 2)
    _SIGNS[name](Pen(sign, (float(x), float(y)), float(radius)))
    sign = sign.rotate(float(random.normal(0, 6)), Image.Resampling.BILINEAR, center=(float(x), float(y)))
    mask = np.asarray(sign.resize((SIDE, SIDE), Image.Resampling.BOX), np.float64) / 255
    inside, outside = _colours(name, random)
    slope = random.uniform(-40, 40) * np.linspace(-0.5, 0.5, SIDE)[:, None]  # light from above or below
    picture = outside[:, None, None] + (inside - outside)[:, None, None] * mask + slope
    picture += random.normal(0, _NOISE, picture.shape)
    return picture.clip(0, 255).astype(np.uint8)


def _colours(name: str, random: np.random.Generator) -> np.ndarray:
    """Choose a sign's colour, of a hue near its class's, and a grey behind it."""
    hue = (CLASSES.index(name) / len(CLASSES) + random.normal(0, _HUE)) % 1
    sign = colorsys.hsv_to_rgb(hue, random.uniform(0.6, 1), random.uniform(0.5, 1))
    return 255 * np.array([sign, [random.uniform(0.1, 0.9)] * 3])


def _airplane(pen: Pen) -> None:
    pen.oval(-0.14, -1, 0.14, 1)
    pen.shape((0, -0.4), (1, 0.3), (1, 0.5), (0, 0.2), (-1, 0.5), (-1, 0.3))
    pen.shape((0, 0.6), (0.4, 0.95), (-0.4, 0.95))


def _automobile(pen: Pen) -> None:
    pen.box(-1, -0.05, 1, 0.4)
    pen.shape((-0.6, -0.05), (-0.35, -0.5), (0.35, -0.5), (0.6, -0.05))
    pen.oval(-0.75, 0.2, -0.3, 0.65)
    pen.oval(0.3, 0.2, 0.75, 0.65)


def _bird(pen: Pen) -> None:
    pen.shape((-1, -0.6), (-0.45, -0.5), (0, 0.1), (0.45, -0.5), (1, -0.6), (0.5, -0.1), (0, 0.5), (-0.5, -0.1))


def _cat(pen: Pen) -> None:
    pen.oval(-0.75, -0.5, 0.75, 0.9)
    pen.shape((-0.75, 0.1), (-0.7, -1), (-0.1, -0.4))
    pen.shape((0.75, 0.1), (0.7, -1), (0.1, -0.4))


def _deer(pen: Pen) -> None:
    pen.oval(-0.25, -0.1, 0.25, 0.95)
    for side in (-1, 1):
        pen.shape((0.1 * side, 0), (0.8 * side, -1), (0.6 * side, -1), (-0.05 * side, 0))
        pen.shape((0.4 * side, -0.5), (1 * side, -0.5), (1 * side, -0.35), (0.35 * side, -0.35))


def _dog(pen: Pen) -> None:
    pen.oval(-0.5, -0.8, 0.5, 0.6)
    pen.oval(-1, -0.7, -0.5, 0.5)
    pen.oval(0.5, -0.7, 1, 0.5)


def _frog(pen: Pen) -> None:
    pen.oval(-1, -0.1, 1, 0.7)
    pen.oval(-0.8, -0.6, -0.2, 0.1)
    pen.oval(0.2, -0.6, 0.8, 0.1)


def _horse(pen: Pen) -> None:
    pen.box(-0.7, -0.2, 0.6, 0.25)
    for left in (-0.7, -0.4, 0.15, 0.42):
        pen.box(left, 0.2, left + 0.16, 1)
    pen.shape((0.3, 0), (0.6, -0.9), (1, -0.6), (0.7, -0.5), (0.6, 0))


def _ship(pen: Pen) -> None:
    pen.shape((-1, 0.3), (1, 0.3), (0.65, 0.8), (-0.65, 0.8))
    pen.shape((-0.1, 0.2), (-0.1, -1), (0.8, 0.2))


def _truck(pen: Pen) -> None:
    pen.box(-1, -0.7, 0.4, 0.4)
    pen.box(0.47, -0.2, 1, 0.4)
    for left in (-0.85, -0.35, 0.5):
        pen.oval(left, 0.3, left + 0.4, 0.7)


_SIGNS: dict[str, Callable[[Pen], None]] = {
    "airplane": _airplane,
    "automobile": _automobile,
    "bird": _bird,
    "cat": _cat,
    "deer": _deer,
    "dog": _dog,
    "frog": _frog,
    "horse": _horse,
    "ship": _ship,
    "truck": _truck,
}
