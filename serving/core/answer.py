"""From whatever `output_fn` or `transform_fn` returned to the answer that is sent."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from .codecs import ENCODED_TYPES, encode, encode_json
from .errors import ModelError, error_line
from .media_types import JSON, media_type
from .messages import Answer

_PAIR = 2


def to_answer(
    returned: Any, *, preferred: str, negotiated: Callable[[], str], nan_is_null: bool = False
) -> Answer:
    """Make an answer of what a handler returned.

    Text and bytes are sent as they are; a tensor or an array as Accept asks, JSON, CSV, NPY or NPZ; a dict, a
    list or another plain value as JSON. In a pair of a body and a content type, the content type decides.

    Parameters
    ----------
    returned
        What the function returned.
    preferred
        The content type that the handler was asked for; text and bytes are labelled with it.
    negotiated
        Gives the content type that an array is written as, or raises NotAcceptableError.
    nan_is_null
        Whether JSON writes NaN and infinity as null.

    Raises
    ------
    RequestError
        406 when an array cannot be written as Accept asks, 500 when the value cannot be sent at all.
    """
    if isinstance(returned, tuple) and len(returned) == _PAIR and isinstance(returned[1], str):
        value, content_type = returned
        body = raw_body(value)
        return Answer(
            _written(value, content_type, nan_is_null=nan_is_null) if body is None else body, content_type
        )
    if (body := raw_body(returned)) is not None:
        return Answer(body, preferred)
    if isinstance(returned, torch.Tensor | np.ndarray):
        content_type = negotiated()
        return Answer(encode(returned, content_type, nan_is_null=nan_is_null), content_type)
    if returned is None:
        raise ModelError(
            "the handler returned None; return text, bytes, a tensor, an array, a dict, a list or (body, type)"
        )
    return Answer(encode_json(returned, nan_is_null=nan_is_null), JSON)


def raw_body(value: Any) -> bytes | None:
    """Return a body that needs no encoding."""
    if isinstance(value, str):
        try:
            return value.encode()
        except UnicodeEncodeError as error:
            raise ModelError(f"the handler returned text that UTF-8 cannot hold: {error_line(error)}") from None
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else None


def _written(value: Any, content_type: str, *, nan_is_null: bool) -> bytes:
    """Write a value that stands beside its content type; an unknown type is written as JSON."""
    kind = media_type(content_type)
    if kind in ENCODED_TYPES:
        return encode(value, kind, nan_is_null=nan_is_null)
    return encode_json(value, nan_is_null=nan_is_null)
