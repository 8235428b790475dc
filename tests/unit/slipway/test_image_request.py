"""`slipway invoke --image`: image files in the form in which the model's samples show images."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from assets.samples import Sample
from slipway.commands import invoke as invoke_module
from slipway.errors import CommandError
from slipway.image_request import image_request

NPY = "application/x-npy"


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def sample(body: bytes, content_type: str = NPY) -> Sample:
    return Sample("any", content_type, "application/json", body, None, 0.0)


def pixels(*shape: int, dtype: type = np.uint8) -> Sample:
    return sample(npy(np.zeros(shape, dtype)))


@pytest.fixture
def png(tmp_path: Path) -> Path:
    """Red at the left, blue at the right."""
    image = Image.new("RGB", (64, 64), (255, 0, 0))
    image.paste((0, 0, 255), (32, 0, 64, 64))
    image.save(tmp_path / "picture.png")
    return tmp_path / "picture.png"


@pytest.mark.parametrize(
    ("shape", "channels_last"),
    [((1, 3, 32, 32), (0, 2, 3, 1)), ((9, 32, 32, 3), (0, 1, 2, 3))],
    ids=["channels-first", "channels-last"],
)
def test_an_image_becomes_pixels_in_the_samples_layout_and_size(
    png: Path, shape: tuple[int, ...], channels_last: tuple[int, ...]
) -> None:
    body, content_type = image_request([png], [pixels(*shape)], "m")
    array = np.load(io.BytesIO(body))
    assert (content_type, array.dtype, array.shape) == (NPY, np.uint8, (1, *shape[1:]))
    image = array.transpose(channels_last)[0]
    assert (image[:, :12] == (255, 0, 0)).all()
    assert (image[:, 20:] == (0, 0, 255)).all()


def test_several_images_are_one_batch_in_their_order(png: Path, tmp_path: Path) -> None:
    Image.new("RGB", (5, 9), (0, 255, 0)).save(tmp_path / "green.jpg", quality=100)
    body, _ = image_request([tmp_path / "green.jpg", png], [pixels(1, 3, 8, 8)], "m")
    array = np.load(io.BytesIO(body))
    assert array.shape == (2, 3, 8, 8)
    assert array[0, 1].min() > 250
    assert array[1, 0, 0, 0] == 255


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    body, _ = image_request([tmp_path / "clear.png"], [pixels(1, 3, 8, 8)], "m")
    assert np.load(io.BytesIO(body)).min() == 255


def test_a_model_that_takes_image_files_gets_the_file(png: Path) -> None:
    assert image_request([png], [sample(b"", "image/png")], "m") == (png.read_bytes(), "image/png")


def test_the_content_type_is_what_is_in_the_file_and_not_its_suffix(png: Path) -> None:
    misnamed = png.rename(png.with_suffix(".jpg"))
    assert image_request([misnamed], [sample(b"", "image/png")], "m")[1] == "image/png"


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        ([], "no sample of the model m is an image, or an NPY array of bytes"),
        ([pixels(1, 3, 8, 8, dtype=np.float32)], "no sample of the model m is an image, or an NPY array of bytes"),
        ([pixels(4, 8)], "no sample of the model m is an image, or an NPY array of bytes"),
        ([sample(b"damaged")], "no sample of the model m is an image, or an NPY array of bytes"),
        ([sample(b"", "image/jpeg")], "is not what the model m takes: image/jpeg"),
    ],
    ids=["none", "floats", "no-images", "damaged", "other-format"],
)
def test_a_model_whose_samples_show_no_such_image_is_named(png: Path, samples: list[Sample], reason: str) -> None:
    with pytest.raises(CommandError, match=f"^--image: .*{reason}"):
        image_request([png], samples, "m")


def test_image_files_go_one_by_one(png: Path) -> None:
    with pytest.raises(CommandError, match="the model m takes one image file at a time"):
        image_request([png, png], [sample(b"", "image/png")], "m")


def test_a_file_that_is_no_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(CommandError, match=r"text\.png is no image that Pillow reads"):
        image_request([tmp_path / "text.png"], [pixels(1, 3, 8, 8)], "m")
    with pytest.raises(CommandError, match=r"absent\.png cannot be read: No such file"):
        image_request([tmp_path / "absent.png"], [pixels(1, 3, 8, 8)], "m")


def test_a_damaged_image_is_named(png: Path) -> None:
    png.write_bytes(png.read_bytes()[:60])
    with pytest.raises(CommandError, match=r"picture\.png is (damaged|no image)"):
        image_request([png], [pixels(1, 3, 8, 8)], "m")


def test_the_command_sends_it(
    slipway: Any, aws: Any, monkeypatch: pytest.MonkeyPatch, png: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    (model / "samples").mkdir(parents=True)
    (model / "samples" / "one.yaml").write_text(f"content_type: {NPY}\nbody_file: one.npy\n")
    (model / "samples" / "one.npy").write_bytes(npy(np.zeros((1, 3, 4, 4), np.uint8)))
    (tmp_path / "local.yaml").write_text(
        'account: "000000000000"\nregion: us-east-1\n'
        f"endpoints: {{pictures: {{model: '{model}', hosting: {{type: serverless}}}}}}\n"
    )
    monkeypatch.setenv("SLIPWAY_ENVIRONMENTS", str(tmp_path))
    monkeypatch.setattr(invoke_module, "connect", lambda settings: aws)
    aws.deployed("pictures")
    aws.answers(b'["cat"]')

    ran = slipway("invoke", "pictures", "--image", str(png))

    assert (ran.status, ran.text) == (0, '["cat"]\n')
    _, sent = aws.requests[-1]
    assert sent["ContentType"] == NPY
    assert np.load(io.BytesIO(sent["Body"])).shape == (1, 3, 4, 4)
