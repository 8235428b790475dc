"""JSON, CSV and NPY: bodies to arrays, and answers to bodies."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from serving import json_codec
from serving.errors import BadRequest, ModelError, NotAcceptableError, UnsupportedMediaTypeError
from serving.json_codec import to_array
from serving.media_types import CSV, JSON, NPY, decode_text, media_type

_KINDS_OF_NUMBERS = "biuf"  # numpy's kinds: bool, signed, unsigned, float
_MOST_CSV_DIMENSIONS = 2

Array = np.ndarray[Any, Any]


def decode(body: bytes | str, content_type: str | None) -> Array:
    """Read the numbers of a JSON, CSV or NPY body.

    Parameters
    ----------
    body
        The body as it came, or already decoded as text.
    content_type
        The header; absent means JSON.

    Returns
    -------
    Array
        Booleans, integers or floats of any shape, in this machine's byte order. One row of CSV is one-dimensional.

    Raises
    ------
    UnsupportedMediaTypeError
        The content type is none of the three.
    BadRequest
        The body is no array of numbers.
    """
    kind = media_type(content_type)
    reader = _READERS.get(kind)
    if reader is None:
        raise UnsupportedMediaTypeError(f"the content type {kind} is unknown; send {', '.join(_READERS)}")
    if isinstance(body, bytes) and kind != NPY:
        body = decode_text(body, content_type)
    array = reader(body)
    if array.dtype.kind not in _KINDS_OF_NUMBERS:
        raise BadRequest("the body has to hold numbers, in lists of equal length for more than one dimension")
    return array


def encode(value: object, content_type: str) -> bytes:
    """Write a model's answer.

    Parameters
    ----------
    value
        A tensor, an array, a number, or, for JSON, whatever JSON can hold with those inside it.
    content_type
        One of `ENCODED_TYPES`.

    Raises
    ------
    NotAcceptableError
        CSV or NPY is asked for, but the answer is not one array of numbers.
    ModelError
        JSON cannot hold the answer.
    """
    if content_type == CSV:
        return _write_csv(value)
    if content_type == NPY:
        return _write_npy(value)
    return encode_json(value)


def encode_json(value: object) -> bytes:
    """Write `value` as JSON.

    Raises
    ------
    ModelError
        JSON cannot hold it, because of NaN or infinity in it for one.
    """
    try:
        return json_codec.dumps(to_array(value) if isinstance(value, torch.Tensor) else value)
    except ValueError as error:
        raise ModelError(
            f"the answer contains NaN or infinity, or itself, which JSON cannot hold: {error}"
        ) from None
    except TypeError as error:
        raise ModelError(f"the answer cannot be written as JSON: {error}") from None


ENCODED_TYPES = (JSON, CSV, NPY)
"""What `encode` writes."""


def _read_json(body: Any) -> Array:
    try:
        value = json_codec.loads(body)
    except ValueError as error:
        raise BadRequest(f"the body is not JSON: {error}") from None
    try:
        return np.array(value)
    except (ValueError, OverflowError):
        raise BadRequest("the body's lists have to be of equal length") from None


def _read_csv(body: Any) -> Array:
    if not body.strip():
        raise BadRequest("the body is empty; send rows of numbers")
    try:
        return np.loadtxt(io.StringIO(body), delimiter=",", comments=None)
    except ValueError as error:
        raise BadRequest(f"the body is not CSV of numbers in rows of equal length: {error}") from None


def _read_npy(body: Any) -> Array:
    body = body if isinstance(body, bytes) else body.encode()
    try:
        array = np.lib.format.read_array(io.BytesIO(body), allow_pickle=False)
    except Exception as error:  # noqa: BLE001 - a damaged header can make its parser raise anything
        raise BadRequest(f"the body is not an NPY array of numbers: {error}") from None
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _write_csv(value: object) -> bytes:
    array = _as_array(value, CSV)
    if array.ndim > _MOST_CSV_DIMENSIONS:
        raise NotAcceptableError(f"{CSV} holds rows, but the answer has {array.ndim} dimensions; accept {JSON}")
    text = io.StringIO()
    np.savetxt(text, np.atleast_1d(array), delimiter=",", fmt="%s")
    return text.getvalue().encode()


def _write_npy(value: object) -> bytes:
    body = io.BytesIO()
    np.save(body, _as_array(value, NPY), allow_pickle=False)
    return body.getvalue()


def _as_array(value: object, content_type: str) -> Array:
    try:
        array = np.asarray(_without_tensors(value))
    except (ValueError, TypeError):
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in _KINDS_OF_NUMBERS:
        name = type(value).__name__
        raise NotAcceptableError(
            f"{content_type} holds one array of numbers, but the answer is a {name}; accept {JSON}"
        )
    return array


def _without_tensors(value: object) -> object:
    if isinstance(value, torch.Tensor):
        return to_array(value)
    return [_without_tensors(item) for item in value] if isinstance(value, list | tuple) else value


_READERS: dict[str, Callable[[Any], Array]] = {JSON: _read_json, CSV: _read_csv, NPY: _read_npy}
