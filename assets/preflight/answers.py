"""Whether an answer is the expected one, by what its content type means."""

import io
import json
import math
import re
import zipfile
from collections.abc import Callable
from typing import Any

from assets.preflight.npy import read_npy

_LONG = 200
_SEPARATORS = re.compile(r"[,;\s]+")
_NPY = "application/x-npy"
_NPZ = "application/x-npz"


def difference(expected: bytes, answer: bytes, content_type: str, tolerance: float) -> str | None:
    """Say how an answer differs from the expected one, None where it does not.

    JSON, NPY, NPZ and text are compared by their values, each number within the tolerance; anything else byte by
    byte.

    Parameters
    ----------
    expected, answer
        The bodies.
    content_type
        Of the answer, without parameters.
    tolerance
        By how much, absolutely, a number may differ.
    """
    if expected == answer:
        return None
    try:
        return _comparison(content_type)(expected, answer, tolerance)
    except _UnreadableError as error:
        return str(error)


class _UnreadableError(Exception):
    """One of the two bodies is not what the content type says."""


_Comparison = Callable[[bytes, bytes, float], str | None]


def _comparison(content_type: str) -> _Comparison:
    if content_type == "application/json" or content_type.endswith("+json"):
        return _compare_json
    if content_type.startswith("text/"):
        return _compare_text
    return {_NPY: _compare_npy, _NPZ: _compare_npz}.get(content_type, _compare_bytes)


def _compare_json(expected: bytes, answer: bytes, tolerance: float) -> str | None:
    return _compare_values(_read(json.loads, expected, "expected"), _read(json.loads, answer, "answer"), tolerance)


def _compare_values(expected: Any, answer: Any, tolerance: float, place: str = "") -> str | None:
    where = place or "it"
    if isinstance(expected, dict) and isinstance(answer, dict):
        if expected.keys() != answer.keys():
            return f"{where} has the keys {_short(sorted(answer))}, not {_short(sorted(expected))}"
        pairs = [(f"{place}.{key}".lstrip("."), expected[key], answer[key]) for key in expected]
    elif isinstance(expected, list) and isinstance(answer, list):
        if len(expected) != len(answer):
            return f"{where} has {len(answer)} items, not {len(expected)}"
        pairs = [(f"{place}[{index}]", *pair) for index, pair in enumerate(zip(expected, answer, strict=True))]
    elif _same(expected, answer, tolerance):
        return None
    else:
        return f"{where} is {_short(answer)}, not {_short(expected)}"
    found = (_compare_values(one, other, tolerance, at) for at, one, other in pairs)
    return next((text for text in found if text), None)


def _same(expected: Any, answer: Any, tolerance: float) -> bool:
    if _is_number(expected) and _is_number(answer):
        both_nan = math.isnan(expected) and math.isnan(answer)
        return expected == answer or both_nan or abs(expected - answer) <= tolerance
    return type(expected) is type(answer) and bool(expected == answer)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _compare_text(expected: bytes, answer: bytes, tolerance: float) -> str | None:
    def rows(data: bytes) -> list[list[Any]]:
        return [[_number(word) for word in _SEPARATORS.split(line.strip())] for line in _lines(data)]

    return _compare_values(_read(rows, expected, "expected"), _read(rows, answer, "answer"), tolerance)


def _lines(data: bytes) -> list[str]:
    return data.decode().strip().splitlines()


def _number(word: str) -> float | str:
    try:
        return float(word)
    except ValueError:
        return word


def _compare_npy(expected: bytes, answer: bytes, tolerance: float) -> str | None:
    one, other = _read(read_npy, expected, "expected"), _read(read_npy, answer, "answer")
    if one.shape != other.shape:
        return f"it has the shape {other.shape}, not {one.shape}"
    if one.fortran_order != other.fortran_order and len(one.shape) > 1:
        return "it is in Fortran's order of indexes, and the other one in C's; save both alike"
    return _compare_values(list(one.values), list(other.values), tolerance)


def _compare_npz(expected: bytes, answer: bytes, tolerance: float) -> str | None:
    one, other = _read(_members, expected, "expected"), _read(_members, answer, "answer")
    if one.keys() != other.keys():
        return f"it has the arrays {_short(sorted(other))}, not {_short(sorted(one))}"
    found = ((name, _compare_npy(one[name], other[name], tolerance)) for name in one)
    return next((f"{name}: {text}" for name, text in found if text), None)


def _members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _compare_bytes(expected: bytes, answer: bytes, _tolerance: float) -> str | None:
    first = next((n for n, (a, b) in enumerate(zip(expected, answer, strict=False)) if a != b), None)
    if first is None:
        return f"it has {len(answer)} bytes, not {len(expected)}"
    return f"its {len(answer)} bytes differ from the expected {len(expected)}, the first time at byte {first}"


def _read(read: Callable[[bytes], Any], data: bytes, which: str) -> Any:
    try:
        return read(data)
    except (ValueError, RecursionError, zipfile.BadZipFile) as error:
        what = "the expected answer" if which == "expected" else "the answer"
        raise _UnreadableError(f"{what} cannot be read: {error}") from error


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"
