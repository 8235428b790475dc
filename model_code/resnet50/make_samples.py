"""Writes samples/ anew: held-out pictures, and what the trained model answers to them. Run it after a training.

The pictures are not chosen: each is the first held-out one of its class.
"""

import io
import json
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import yaml
from classifier_settings import read_settings
from image_input import read_image
from inference import JSON, NPY, input_fn, output_fn
from model import create_model
from pictures import HELD_OUT_SEED, NotDrawnError, draw_many
from PIL import Image

_FOLDER = Path(__file__).resolve().parent
_TOLERANCE = 0.01  # another torch, or a GPU, adds up in another order
_MIDDLE = slice(56, 168)  # half of each side of a prepared picture, to be a small file
_DIGITS = 4
_SHOWN = ("rings", "vertical stripes", "triangle")


class _Sent:
    """What output_fn asks of its context: the type of the request."""

    def __init__(self, content_type: str) -> None:
        self._content_type = content_type

    def get_request_header(self, _idx: int, _key: str) -> str:
        return self._content_type


class Request(NamedTuple):
    """What a sample sends: its name, what it is, the file of its body, and the body with its content type."""

    name: str
    about: str
    file: str
    content_type: str
    body: bytes


def requests() -> list[Request]:
    """Return a JPEG and a PNG, whose answers name classes, and an array, whose answer is one.

    Raises
    ------
    NotDrawnError
        The labels are not those of the drawn pictures.
    """
    labels = read_settings(_FOLDER / "classifier.toml").labels
    if missing := [label for label in _SHOWN if label not in labels]:
        raise NotDrawnError(f"classifier.toml has no label {', '.join(missing)}, which these samples show")
    first = {labels[place]: picture for picture, place in draw_many(labels, 1, HELD_OUT_SEED)}
    rings, stripes, triangle = _SHOWN
    jpeg, npy = io.BytesIO(), io.BytesIO()
    first[rings].save(jpeg, "JPEG", quality=90)
    prepared = read_image(_png(first[stripes]), max_pixels=10**6).numpy()
    np.save(npy, prepared[:, :, _MIDDLE, _MIDDLE].astype(np.float16))
    middle = "The middle of a prepared picture, and the probabilities of all classes, as arrays."
    return [
        Request(
            "picture-jpeg", "A picture as a camera would send it.", "picture.jpg", "image/jpeg", jpeg.getvalue()
        ),
        Request("picture-png", "A picture without loss.", "picture.png", "image/png", _png(first[triangle])),
        Request("stripes-npy", middle, "stripes.request.npy", NPY, npy.getvalue()),
    ]


def make_samples(folder: Path) -> None:
    """Write each request, and the model's answer to it, into a folder."""
    shown = requests()
    model = create_model().eval()
    for request in shown:
        accept = NPY if request.content_type == NPY else JSON
        with torch.inference_mode():
            probabilities = model(input_fn(request.body, request.content_type))
        answer = output_fn(probabilities, accept, _Sent(request.content_type))
        settings: dict[str, object] = {"content_type": request.content_type, "accept": accept}
        settings["body_file"] = request.file
        if isinstance(answer, tuple):
            settings["expected"] = [_rounded(item) for item in json.loads(answer[0])]
        else:
            settings["expected_file"] = request.file.replace("request", "expected")
            np.save(folder / str(settings["expected_file"]), answer)
        (folder / request.file).write_bytes(request.body)
        text = yaml.safe_dump({**settings, "tolerance": _TOLERANCE}, sort_keys=False)
        (folder / f"{request.name}.yaml").write_text(f"# {request.about}\n{text}", encoding="utf-8")


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _rounded(item: dict[str, object]) -> dict[str, object]:
    return {**item, "score": round(float(str(item["score"])), _DIGITS)}


def main() -> None:
    """Write the samples of the drawn pictures."""
    try:
        make_samples(_FOLDER / "samples")
    except NotDrawnError as error:
        sys.exit(f"make_samples.py: {error}; put requests of your own into samples/")


if __name__ == "__main__":
    main()
