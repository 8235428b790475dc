"""Writes batches of images as Python 2 pickled CIFAR-10's: what python_batches.py, or any other reader, reads.

Today's pickle writes bytes and arrays in other words than Python 2 did, so the opcodes are written one by one.
"""

import struct
from pathlib import Path
from pickle import (
    APPENDS,
    BININT,
    BINSTRING,
    BUILD,
    EMPTY_DICT,
    EMPTY_LIST,
    EMPTY_TUPLE,
    GLOBAL,
    MARK,
    NEWFALSE,
    NONE,
    PROTO,
    REDUCE,
    SETITEMS,
    SHORT_BINSTRING,
    STOP,
    TUPLE,
)

import numpy as np
from images import CLASSES

_SHORT = 256
_PROTOCOL = b"\x02"


def write_batch(path: Path, name: str, pixels: np.ndarray, labels: np.ndarray, filenames: list[str]) -> None:
    """Write one batch.

    Parameters
    ----------
    path
        The file.
    name
        Its `batch_label`.
    pixels
        (images, 3, 32, 32) of uint8.
    labels
        The numbers of the images' classes.
    filenames
        What the images are called.
    """
    _write(
        path,
        {
            "batch_label": _text(name),
            "labels": _list([_int(int(label)) for label in labels]),
            "data": _array(pixels.reshape(len(pixels), -1)),
            "filenames": _list([_text(filename) for filename in filenames]),
        },
    )


def write_names(path: Path, images_of_a_batch: int, values_of_an_image: int) -> None:
    """Write `batches.meta`: the classes' names, and how large a batch and an image are."""
    _write(
        path,
        {
            "num_cases_per_batch": _int(images_of_a_batch),
            "label_names": _list([_text(name) for name in CLASSES]),
            "num_vis": _int(values_of_an_image),
        },
    )


def _write(path: Path, items: dict[str, bytes]) -> None:
    content = b"".join(_text(key) + value for key, value in items.items())
    path.write_bytes(PROTO + _PROTOCOL + EMPTY_DICT + MARK + content + SETITEMS + STOP)


def _text(text: str) -> bytes:
    return _bytes(text.encode("ascii"))


def _bytes(data: bytes) -> bytes:
    if len(data) < _SHORT:
        return SHORT_BINSTRING + struct.pack("<B", len(data)) + data
    return BINSTRING + struct.pack("<i", len(data)) + data


def _int(value: int) -> bytes:
    return BININT + struct.pack("<i", value)


def _list(items: list[bytes]) -> bytes:
    return EMPTY_LIST + MARK + b"".join(items) + APPENDS


def _tuple(*items: bytes) -> bytes:
    return MARK + b"".join(items) + TUPLE if items else EMPTY_TUPLE


def _global(module: str, name: str) -> bytes:
    return GLOBAL + f"{module}\n{name}\n".encode()


def _array(array: np.ndarray) -> bytes:
    """Write what NumPy's `__reduce__` said then: an empty array, and its shape, type, order and bytes."""
    empty = _tuple(_global("numpy", "ndarray"), _tuple(_int(0)), _text("b"))
    dtype = _global("numpy", "dtype") + _tuple(_text("u1"), _int(0), _int(1)) + REDUCE
    state = _tuple(_int(3), _text("|"), NONE, NONE, NONE, _int(-1), _int(-1), _int(0))
    shape = _tuple(*(_int(size) for size in array.shape))
    content = _tuple(_int(1), shape, dtype + state + BUILD, NEWFALSE, _bytes(array.tobytes()))
    return _global("numpy.core.multiarray", "_reconstruct") + empty + REDUCE + content + BUILD
