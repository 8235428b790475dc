"""Images of model_code/resnet50: what is read, how it is prepared, and what is refused before it is decoded."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageFile

from .resnet50_modules import resnet50

MOST = 25_000_000
read_image = resnet50.image_input.read_image
read_arrays = resnet50.image_input.read_arrays


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def picture(width: int, height: int) -> Image.Image:
    """A picture that differs everywhere."""
    y, x = np.mgrid[:height, :width]
    channels = (255 * x / width, 255 * y / height, 127 * (1 + np.sin(x / 9 + y / 7)))
    return Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))


def as_torchvision(image: Image.Image) -> torch.Tensor:
    """Resize(256), CenterCrop(224), ToTensor and Normalize, step by step as the document has them."""
    width, height = image.size
    scale = 256 / min(width, height)
    resized = image.resize((int(width * scale), int(height * scale)), Image.Resampling.BILINEAR)
    left, top = round((resized.width - 224) / 2), round((resized.height - 224) / 2)
    pixels = torch.from_numpy(np.array(resized.crop((left, top, left + 224, top + 224)))).permute(2, 0, 1) / 255
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    return ((pixels - mean[:, None, None]) / deviation[:, None, None])[None]


@pytest.mark.parametrize(("width", "height"), [(256, 256), (512, 512), (640, 480), (300, 900), (100, 80)])
def test_an_image_is_prepared_as_the_documents_transforms_do(width: int, height: int) -> None:
    image = picture(width, height)
    prepared = read_image(encoded(image), MOST)
    assert (prepared.shape, prepared.dtype) == ((1, 3, 224, 224), torch.float32)
    difference = (prepared - as_torchvision(image)).abs()
    assert difference.mean() < 0.02  # of some five units between black and white
    if width == height == 256:
        assert difference.max() < 1e-5


def test_jpeg_and_png_of_one_image_are_nearly_the_same() -> None:
    image = picture(256, 256)
    jpeg = read_image(encoded(image, "JPEG", quality=95, subsampling=0), MOST)
    assert (jpeg - read_image(encoded(image), MOST)).abs().mean() < 0.03


def test_a_photo_is_turned_as_its_camera_was_held() -> None:
    image = picture(256, 256)
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: the camera was turned by 90 degrees (EXIF 2.32, 4.6.4)
    turned = read_image(encoded(image.transpose(Image.Transpose.ROTATE_90), exif=exif), MOST)
    assert torch.equal(turned, read_image(encoded(image), MOST))


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "CMYK"])
def test_every_mode_becomes_three_channels(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    prepared = read_image(encoded(picture(64, 64).convert(mode), kind), MOST)
    assert prepared.shape == (1, 3, 224, 224)
    assert prepared.isfinite().all()


def test_what_is_transparent_is_white() -> None:
    clear = read_image(encoded(Image.new("RGBA", (64, 64), (0, 0, 0, 0))), MOST)
    assert torch.equal(clear, read_image(encoded(Image.new("RGB", (64, 64), "white")), MOST))


def test_grey_of_16_bits_is_not_cut_off() -> None:
    grey = np.full((64, 64), 0x8040, np.uint16)
    prepared = read_image(encoded(Image.fromarray(grey)), MOST)
    assert torch.equal(prepared, read_image(encoded(Image.new("L", (64, 64), 0x80)), MOST))


def decompression_bomb(side: int) -> bytes:
    """A PNG of one bit a pixel, all of them black: a thousandth of its size when it is compressed."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(side * (side // 8 + 1)), 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture
def decodes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which images Pillow decodes."""
    decoded: list[str] = []
    load = ImageFile.ImageFile.load

    def counted(image: ImageFile.ImageFile) -> Any:
        decoded.append(type(image).__name__)
        return load(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load", counted)
    return decoded


@pytest.mark.parametrize("side", [8000, 20_000])
def test_a_decompression_bomb_is_refused_by_its_header(decodes: list[str], side: int) -> None:
    bomb = decompression_bomb(side)
    assert len(bomb) < side * side // 1000
    with pytest.raises(ValueError, match=r"The image (has 64000000 pixels; 25000000 are taken|is too large)"):
        read_image(bomb, MOST)
    assert decodes == []


def test_the_bomb_is_an_image_where_it_is_allowed(decodes: list[str]) -> None:
    assert read_image(decompression_bomb(800), MOST).shape == (1, 3, 224, 224)
    assert decodes


@pytest.mark.parametrize("size", [(20_000, 1), (1, 20_000), (1, 1)])
def test_a_picture_of_one_line_does_not_grow(size: tuple[int, int]) -> None:
    assert read_image(encoded(Image.new("L", size)), MOST).shape == (1, 3, 224, 224)


PNG = encoded(picture(64, 64))
JPEG = encoded(picture(64, 64), "JPEG")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        encoded(picture(64, 64), "GIF"),
        encoded(picture(64, 64), "TIFF"),
        encoded(picture(64, 64), "BMP"),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        PNG[:-500],
        PNG[:40],
        JPEG[: len(JPEG) // 2],
    ],
    ids=["empty", "text", "gif", "tiff", "bmp", "eps", "half a png", "a png's header", "half a jpeg"],
)
def test_what_is_no_jpeg_or_png_is_the_clients_mistake(data: bytes) -> None:
    with pytest.raises(ValueError, match="The body is no JPEG or PNG image that can be read"):
        read_image(data, MOST)


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", ">f4"])
def test_prepared_images_come_as_npy(dtype: str) -> None:
    array = np.random.default_rng(0).normal(size=(2, 3, 40, 32)).astype(dtype)
    images = read_arrays(npy(array), MOST)
    assert images.dtype == torch.float32
    np.testing.assert_array_equal(images.numpy(), array.astype(np.float32))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (npy(np.zeros((2, 3, 64, 64), np.uint8)), "The array is uint8 of shape .*; send floats of shape"),
        (npy(np.zeros((3, 64, 64))), "send floats of shape"),
        (npy(np.zeros((1, 4, 64, 64))), "send floats of shape"),
        (npy(np.zeros((0, 3, 64, 64))), "send floats of shape"),
        (npy(np.zeros((1, 3, 64, 31))), "with sides from 32"),
        (npy(np.zeros((3, 3, 64, 64))), "has 12288 pixels; 10000 are taken"),
        (npy(np.full((1, 3, 64, 64), np.nan)), "not finite"),
        (npy(np.full((1, 3, 64, 64), 1e300)), "not finite"),
        (
            npy(np.full((1, 3, 64, 64), 3e38, np.float32)),
            r"is 3e\+38; prepared pixels lie between -3 and 3",
        ),
        (
            npy(np.full((1, 3, 64, 64), -10_001.0)),
            "is -10001; prepared pixels lie between -3 and 3",
        ),
        (npy(np.zeros((1, 3, 64, 64)))[:-1], "The body is no NPY array"),
        (b"PK\3\4", "The body is no NPY array"),
        (npy(np.array([None])), "The body is no NPY array"),
    ],
    ids=[
        "bytes",
        "one",
        "channels",
        "none",
        "small",
        "many",
        "nan",
        "infinite",
        "large",
        "low",
        "short",
        "zip",
        "pickle",
    ],
)
def test_arrays_that_are_no_prepared_images(body: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_arrays(body, 10_000)
