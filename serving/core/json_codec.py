"""JSON by orjson where present, else by the standard library.

Both read and refuse the same; orjson may write a float32 with fewer digits, which still name the same float32.
"""

import json
import math
from typing import Any

import numpy as np
import torch

try:
    import orjson
except ImportError:
    HAS_ORJSON = False
else:
    HAS_ORJSON = True


def loads(text: str | bytes) -> Any:
    """Parse strict JSON: NaN and Infinity are refused.

    Raises
    ------
    ValueError
        The text is no JSON, or nested too deeply.
    """
    if HAS_ORJSON:
        return orjson.loads(text)
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def dumps(value: object, *, nan_is_null: bool = False) -> bytes:
    """Write `value` as compact JSON; tensors and arrays, nested ones too, become lists.

    Parameters
    ----------
    value
        What to write.
    nan_is_null
        Whether NaN and infinity become null.

    Raises
    ------
    ValueError
        It contains NaN or infinity, which JSON cannot hold, or itself.
    TypeError
        It contains an object that has no form in JSON.
    """
    if not HAS_ORJSON:
        return _strict_dumps(value, nan_is_null=nan_is_null)
    try:
        body: bytes = orjson.dumps(value, _plain, orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:
        # orjson takes less than the standard library, integers above 64 bits for one
        return _strict_dumps(value, nan_is_null=nan_is_null)
    if b"null" in body and not nan_is_null:
        # orjson writes NaN as null: the standard library tells it from a real None
        _strict_dumps(value)
    return body


def to_array(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    """Return a tensor of any device and dtype as an array; bfloat16, which numpy lacks, as float32."""
    tensor = tensor.detach().cpu()
    if tensor.dtype is torch.bfloat16:
        tensor = tensor.float()
    return tensor.numpy()


def _strict_dumps(value: object, *, nan_is_null: bool = False) -> bytes:
    try:
        if nan_is_null:
            value = _null_for_nan(value)
        text = json.dumps(value, allow_nan=False, default=_plain, separators=(",", ":"))
    except RecursionError:
        raise TypeError("it is nested too deeply") from None
    return text.encode()


def _null_for_nan(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _null_for_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_null_for_nan(item) for item in value]
    if isinstance(value, torch.Tensor | np.ndarray | np.generic):
        plain = _plain(value)
        return _null_for_nan(plain.tolist() if isinstance(plain, np.ndarray) else plain)
    return value


def _plain(value: object) -> object:
    """Return what JSON can hold of an object that the encoder does not know."""
    if isinstance(value, torch.Tensor):
        return to_array(value)
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} has no form in JSON")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
