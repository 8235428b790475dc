"""JSON, CSV, NPY and NPZ: bodies to arrays, and answers to bodies."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from . import json_codec
from .errors import BadRequest, ModelError, NotAcceptableError, UnsupportedMediaTypeError
from .json_codec import to_array
from .media_types import CSV, JSON, NPY, NPZ, decode_text, is_utf8, media_type

_KINDS_OF_NUMBERS = "biuf"  # numpy's kinds: bool, signed, unsigned, float
_MOST_CSV_DIMENSIONS = 2
_INSTANCES = "instances"  # the key of TensorFlow Serving's requests, which many clients of SageMaker send
_LARGEST_NPZ = 256 * 2**20  # bytes, unpacked; a small archive could otherwise fill the memory

Array = np.ndarray[Any, Any]


def decode(body: bytes | str, content_type: str | None) -> Array | dict[str, Array]:
    """Read the numbers of a JSON, CSV, NPY or NPZ body.

    Parameters
    ----------
    body
        The body as it came, or already decoded as text.
    content_type
        The header; absent means JSON.

    Returns
    -------
    Array | dict[str, Array]
        Booleans, integers or floats of any shape, in this machine's byte order; several arrays of an NPZ by name.
        One row of CSV is one-dimensional. Of a JSON object, what stands under `instances`.

    Raises
    ------
    UnsupportedMediaTypeError
        The content type is none of the four.
    BadRequest
        The body is no array of numbers.
    """
    kind = media_type(content_type)
    reader = _READERS.get(kind)
    if reader is None:
        raise UnsupportedMediaTypeError(f"the content type {kind} is unknown; send {', '.join(_READERS)}")
    # orjson reads UTF-8 as it came, which spares a copy
    if isinstance(body, bytes) and (kind == CSV or (kind == JSON and not is_utf8(content_type))):
        body = decode_text(body, content_type)
    value = reader(body)
    for array in value.values() if isinstance(value, dict) else (value,):
        if array.dtype.kind not in _KINDS_OF_NUMBERS:
            raise BadRequest("the body has to hold numbers, in lists of equal length for more than one dimension")
    return value


def encode(value: object, content_type: str, *, nan_is_null: bool = False) -> bytes:
    """Write a model's answer.

    Parameters
    ----------
    value
        A tensor, an array, a number, or, for JSON, whatever JSON can hold with those inside it.
    content_type
        One of `ENCODED_TYPES`.
    nan_is_null
        Whether JSON writes NaN and infinity as null.

    Raises
    ------
    NotAcceptableError
        CSV or NPY is asked for, but the answer is not one array of numbers; or NPZ, but it holds none.
    ModelError
        JSON cannot hold the answer.
    """
    if content_type == CSV:
        return _write_csv(value)
    if content_type == NPY:
        return _write_npy(value)
    if content_type == NPZ:
        return _write_npz(value)
    return encode_json(value, nan_is_null=nan_is_null)


def encode_json(value: object, *, nan_is_null: bool = False) -> bytes:
    """Write `value` as JSON; NaN and infinity in it as null, where that is asked for.

    Raises
    ------
    ModelError
        JSON cannot hold it, because of NaN or infinity in it for one.
    """
    try:
        plain = to_array(value) if isinstance(value, torch.Tensor) else value
        return json_codec.dumps(plain, nan_is_null=nan_is_null)
    except ValueError as error:
        raise ModelError(
            f"the answer contains NaN or infinity, or itself, which JSON cannot hold: {error}"
        ) from None
    except TypeError as error:
        raise ModelError(f"the answer cannot be written as JSON: {error}") from None


ENCODED_TYPES = (JSON, CSV, NPY, NPZ)
"""What `encode` writes."""


def _read_json(body: Any) -> Array:
    try:
        value = json_codec.loads(body)
    except ValueError as error:
        raise BadRequest(f"the body is not JSON: {error}") from None
    if isinstance(value, dict) and _INSTANCES in value:
        value = value[_INSTANCES]
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
    return _native(array)


def _native(array: Array) -> Array:
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _read_npz(body: Any) -> Array | dict[str, Array]:
    """Read an archive of arrays; a single one stands for itself."""
    body = body if isinstance(body, bytes) else body.encode()
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            _refuse_bomb(sum(member.file_size for member in archive.infolist()))
        with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
            found = {name: _native(np.asarray(arrays[name])) for name in arrays.files}
    except BadRequest:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged archive can make its readers raise anything
        raise BadRequest(f"the body is not an NPZ archive of arrays of numbers: {error}") from None
    if not found:
        raise BadRequest("the NPZ archive is empty; send at least one array of numbers")
    return found if len(found) > 1 else next(iter(found.values()))


def _refuse_bomb(size: int) -> None:
    if size > _LARGEST_NPZ:
        raise BadRequest(f"the NPZ archive has {size} bytes unpacked; {_LARGEST_NPZ} are taken")


def _write_csv(value: object) -> bytes:
    array = _as_array(value, CSV)
    if array.ndim > _MOST_CSV_DIMENSIONS:
        raise NotAcceptableError(f"{CSV} holds rows, but the answer has {array.ndim} dimensions; accept {JSON}")
    text = io.StringIO()
    np.savetxt(text, np.atleast_1d(array), delimiter=",", fmt="%s")
    return text.getvalue().encode()


def _write_npy(value: object) -> bytes:
    return _npy_bytes(_as_array(value, NPY))


def _npy_bytes(array: Array) -> bytes:
    body = io.BytesIO()
    np.save(body, array, allow_pickle=False)
    return body.getvalue()


def _write_npz(value: object) -> bytes:
    """Write arrays under their names; those of a list or tuple, and a single one, as arr_0, arr_1 and so on."""
    if isinstance(value, list | tuple) and all(isinstance(item, torch.Tensor | np.ndarray) for item in value):
        value = {f"arr_{place}": item for place, item in enumerate(value)}
    named = value if isinstance(value, dict) else {"arr_0": value}
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, item in named.items():
            # a ZipInfo made by hand has no date of today, so the same answer has the same bytes
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), _npy_bytes(_as_array(item, NPZ)))
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


_READERS: dict[str, Callable[[Any], Array | dict[str, Array]]] = {
    JSON: _read_json,
    CSV: _read_csv,
    NPY: _read_npy,
    NPZ: _read_npz,
}
