"""NumPy's file format, as far as two arrays of numbers have to be compared; numpy is not imported for it."""

import ast
import math
import struct
from dataclasses import dataclass

_MAGIC = b"\x93NUMPY"
_CODES = {
    "b1": "?", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I", "u8": "Q",
    "f2": "e", "f4": "f", "f8": "d",
}  # fmt: skip


@dataclass(frozen=True)
class Array:
    """An array of numbers.

    Parameters
    ----------
    kind
        Its dtype as NumPy writes it, such as `<f4`.
    shape
        Its shape.
    values
        In the order in which the file has them, which `fortran_order` describes.
    fortran_order
        Whether the first index changes the fastest.
    """

    kind: str
    shape: tuple[int, ...]
    values: tuple[float, ...]
    fortran_order: bool


def read_npy(data: bytes) -> Array:
    """Read an array (NumPy Enhancement Proposal 1, versions 1 to 3).

    Raises
    ------
    ValueError
        It is no array of numbers.
    """
    if data[:6] != _MAGIC:
        raise ValueError("it is not in NumPy's file format")
    try:
        width, code = (2, "<H") if data[6] == 1 else (4, "<I")
        start = 8 + width
        (length,) = struct.unpack(code, data[8:start])
        header = ast.literal_eval(data[start : start + length].decode())
        kind, shape = header["descr"], tuple(header["shape"])
        order = "<" if kind[0] in "<|" else ">"
        content = data[start + length :]
        letter = _CODES[kind[1:]]
        values = struct.unpack(f"{order}{math.prod(shape)}{letter}", content)
        fortran_order = bool(header["fortran_order"])
    except (
        ArithmeticError,
        LookupError,
        MemoryError,
        RecursionError,
        SyntaxError,
        TypeError,
        ValueError,
        struct.error,
    ) as error:
        raise ValueError(f"it is no array of numbers in NumPy's file format: {error}") from error
    return Array(kind=kind, shape=shape, values=values, fortran_order=fortran_order)
