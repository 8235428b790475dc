"""JPEG, PNG and NPY → what the network takes.

Preparation is torchvision's for ResNet-50: the shorter side to 256 pixels, the middle 224 by 224 of it, and
ImageNet's mean and standard deviation for each channel.
"""

import io
import warnings

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

SIDE = 224  # pixels
_SHORTER_SIDE = 256  # pixels, of which SIDE are kept
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
_FORMATS = ("JPEG", "PNG")
_LEAST_SIDE = 32  # pixels: the network halves each side five times
_MOST = 10_000  # of a prepared number: without a bound, the sums of the layers leave float32's range
_WHITE = (255, 255, 255, 255)


class ImageTooLargeError(ValueError):
    """An image has more pixels than are taken."""


def read_image(data: bytes, max_pixels: int) -> Tensor:
    """Decode and prepare an image; of one that is too large, only the header is read.

    Parameters
    ----------
    data
        A JPEG or PNG file, whatever its name or content type says.
    max_pixels
        The most that are decoded: a small file may hold a huge image.

    Returns
    -------
    Tensor
        (1, 3, 224, 224), float32.

    Raises
    ------
    ValueError
        It is no such image, is damaged, or has too many pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what max_pixels allows
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                _refuse_large(image.width * image.height, max_pixels)
                return _prepared(_upright_rgb(image))
    except ImageTooLargeError:
        raise
    except Image.DecompressionBombError as error:
        raise ImageTooLargeError(f"The image is too large: {error}") from error
    except Exception as error:  # a damaged file can make the decoders raise anything
        raise ValueError(f"The body is no JPEG or PNG image that can be read: {error}") from error


def read_arrays(data: bytes, max_pixels: int) -> Tensor:
    """Read images that the client has prepared, as NPY.

    Returns
    -------
    Tensor
        (images, 3, height, width), float32.

    Raises
    ------
    ValueError
        It is no such array.
    """
    try:
        array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    except Exception as error:  # a damaged header can make its parser raise anything
        raise ValueError(f"The body is no NPY array: {error}") from error
    is_prepared = array.dtype.kind == "f" and array.ndim == 4 and array.shape[0] > 0 and array.shape[1] == 3  # noqa: PLR2004
    if not is_prepared or min(array.shape[2:]) < _LEAST_SIDE:
        raise ValueError(
            f"The array is {array.dtype} of shape {list(array.shape)}; send floats of shape [images, 3, height, "
            f"width] with sides from {_LEAST_SIDE}, prepared with ImageNet's mean and deviation, or image/jpeg or "
            "image/png."
        )
    _refuse_large(array.size // 3, max_pixels)
    with np.errstate(over="ignore"):
        images = array.astype(np.float32)
    if not np.isfinite(images).all():
        raise ValueError("The array has numbers that are not finite in float32.")
    largest = max(images.min(), images.max(), key=abs)
    if abs(largest) > _MOST:
        raise ValueError(
            f"A number is {largest:g}; prepared pixels lie between -3 and 3, and -{_MOST} to {_MOST} is taken."
        )
    return torch.from_numpy(images)


def _refuse_large(pixels: int, most: int) -> None:
    if pixels > most:
        raise ImageTooLargeError(f"The image has {pixels} pixels; {most} are taken.")


def _upright_rgb(image: Image.Image) -> Image.Image:
    """Return the image as its camera was held, in three channels of 8 bits; what is transparent becomes white."""
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off at 255
        upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", upright.size, _WHITE), upright)
    return upright.convert("RGB")


def _prepared(image: Image.Image) -> Tensor:
    # the crop comes before the resizing: else a picture of one line would grow to billions of pixels
    left, right = _middle(image.width, min(image.size))
    top, bottom = _middle(image.height, min(image.size))
    crop = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=(left, top, right, bottom))
    pixels = (np.asarray(crop, np.float32) / 255 - _MEAN) / _DEVIATION
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)[None]))


def _middle(side: int, shorter: int) -> tuple[float, float]:
    """Return where the kept part of a side begins and ends; as torchvision, in whole pixels after resizing."""
    resized = side * _SHORTER_SIDE // shorter
    start = round((resized - SIDE) / 2)
    return start * side / resized, (start + SIDE) * side / resized
