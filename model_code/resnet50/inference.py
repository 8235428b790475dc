"""Images in, the likeliest classes out: input_fn and output_fn; the server's defaults load and call the model."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from classifier_settings import read_settings
from image_input import read_arrays, read_image
from torch import Tensor
from url_fetch import UrlFetcher

JSON = "application/json"
NPY = "application/x-npy"
IMAGES = ("image/jpeg", "image/png")
SETTINGS = read_settings(Path(__file__).with_name("classifier.toml"))
FETCHER = UrlFetcher(SETTINGS.url)

Answer = list[dict[str, Any]]


def input_fn(body: str | bytes, content_type: str) -> Tensor:
    """Read a request: a JPEG or PNG file, `{"url": …}` of one, or prepared images as NPY.

    A ValueError says what is wrong to the client, who gets it as a 400.
    """
    if content_type in IMAGES and isinstance(body, bytes):
        return read_image(body, SETTINGS.image.max_pixels)
    if content_type == NPY and isinstance(body, bytes):
        return read_arrays(body, SETTINGS.image.max_pixels)
    if content_type == JSON:
        return read_image(FETCHER.fetch(_url(body)), SETTINGS.image.max_pixels)
    raise ValueError(f"Content type {content_type!r} is not supported; send {', '.join((*IMAGES, NPY, JSON))}.")


def output_fn(probabilities: Tensor, accept: str, context: Any) -> tuple[str, str] | np.ndarray:
    """Name the likeliest classes, as JSON; the server writes the array of all as NPY or CSV.

    One image has one list. NPY, which may hold several, has a list of lists.
    """
    if accept != JSON:
        return probabilities.cpu().numpy()
    answers = [_answer(row) for row in probabilities.cpu()]
    sent = (context.get_request_header(0, "content-type") or JSON).partition(";")[0].strip().lower()
    return json.dumps(answers if sent == NPY else answers[0], allow_nan=False), JSON


def _answer(probabilities: Tensor) -> Answer:
    scores, classes = probabilities.topk(SETTINGS.top_k)
    return [
        {"label": SETTINGS.labels[place], "score": score}
        for place, score in zip(classes.tolist(), scores.tolist(), strict=True)
    ]


def _url(body: str | bytes) -> str:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"The body is not JSON: {error}") from error
    if not isinstance(content, dict) or content.keys() != {"url"} or not isinstance(content["url"], str):
        raise ValueError('The body is not {"url": "https://…"}.')
    return content["url"]
