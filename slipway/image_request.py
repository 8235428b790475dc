"""Image files → a request, in the form in which the model's samples show images."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assets.samples import Sample
from slipway.errors import CommandError

if TYPE_CHECKING:
    from PIL import Image

_NPY = "application/x-npy"
_CHANNELS = 3
_DIMENSIONS = 4  # images, and of each the channels, rows and columns
_CONTENT_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg"}


@dataclass(frozen=True)
class ImageLayout:
    """How a model takes images as an array.

    Parameters
    ----------
    height, width
        In pixels.
    channels_first
        Whether an image's channels come before its rows.
    """

    height: int
    width: int
    channels_first: bool


def image_request(paths: Sequence[Path], samples: Sequence[Sample], model: str) -> tuple[bytes, str]:
    """Make a request of image files.

    A model whose samples are image files gets the one file as it is. One whose samples are arrays of bytes gets an
    array of pixels, 0 to 255, as large as those; what it does to pixels stays its own.

    Parameters
    ----------
    paths
        The image files.
    samples
        Of the model.
    model
        Its name, for messages.

    Returns
    -------
    tuple
        The body and its content type.

    Raises
    ------
    CommandError
        A file is no image, or the samples show no image.
    """
    taken = {sample.content_type for sample in samples} & set(_CONTENT_TYPES.values())
    layout = next((found for sample in samples if (found := _layout(sample))), None)
    if taken and (len(paths) == 1 or layout is None):
        return _as_it_is(paths, taken, model)
    if layout is None:
        raise CommandError(
            f"--image: no sample of the model {model} is an image, or an NPY array of bytes (images, 3, height, "
            "width) or (images, height, width, 3), so that its size is not known; send --file instead"
        )
    pixels = np.stack([_pixels(path, layout) for path in paths])
    file = io.BytesIO()
    np.save(file, pixels)
    return file.getvalue(), _NPY


def _layout(sample: Sample) -> ImageLayout | None:
    if sample.content_type != _NPY:
        return None
    try:
        array = np.load(io.BytesIO(sample.body), allow_pickle=False)
    except (ValueError, OSError, EOFError):
        return None
    if not isinstance(array, np.ndarray) or array.dtype != np.uint8 or array.ndim != _DIMENSIONS:
        return None
    _, first, second, third = array.shape
    if first == _CHANNELS:
        return ImageLayout(second, third, channels_first=True)
    return ImageLayout(first, second, channels_first=False) if third == _CHANNELS else None


def _as_it_is(paths: Sequence[Path], taken: set[str], model: str) -> tuple[bytes, str]:
    if len(paths) > 1:
        raise CommandError(f"--image: the model {model} takes one image file at a time")
    body = _read(paths[0])
    with _opened(paths[0], body) as image:
        content_type = _CONTENT_TYPES.get(str(image.format), "")
    if content_type not in taken:
        raise CommandError(f"--image: {paths[0]} is not what the model {model} takes: {', '.join(sorted(taken))}")
    return body, content_type


def _pixels(path: Path, layout: ImageLayout) -> np.ndarray:
    from PIL import Image, ImageOps  # noqa: PLC0415 (most requests are no images)

    with _opened(path, _read(path)) as image:
        try:
            upright = ImageOps.exif_transpose(image).convert("RGBA")
        except (OSError, ValueError, SyntaxError) as error:
            raise CommandError(f"--image: {path} is damaged: {error}") from error
    on_white = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright).convert("RGB")
    sized = ImageOps.fit(on_white, (layout.width, layout.height), Image.Resampling.LANCZOS)
    array = np.asarray(sized, np.uint8)
    return array.transpose(2, 0, 1) if layout.channels_first else array


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"--image: {path} cannot be read: {error.strerror}") from error


def _opened(path: Path, body: bytes) -> Image.Image:
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 (most requests are no images)

    try:
        return Image.open(io.BytesIO(body))
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise CommandError(f"--image: {path} is no image that Pillow reads") from error
