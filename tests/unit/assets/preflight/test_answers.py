"""Answers are compared by what they mean."""

import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.preflight.answers import difference
from assets.preflight.npy import read_npy

JSON, CSV, NPY, NPZ = "application/json", "text/csv", "application/x-npy", "application/x-npz"

FINITE = st.floats(-1e6, 1e6)
DTYPES = st.sampled_from(["<f2", "<f4", ">f4", "<f8", "<i1", "<i8", ">i4", "<u2", "|u1", "|b1"])
SHAPES = st.lists(st.integers(0, 3), max_size=3).map(tuple)


def npy(array) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize(
    ("expected", "answer", "content_type"),
    [
        (b'{"a": [1, 2.0], "b": null}', b'{"b":null,"a":[1.000001,2]}', JSON),
        (b"[1]", b"[1.0]", "application/vnd.model+json"),
        (b"[NaN, Infinity]", b"[NaN,Infinity]", JSON),
        (b'"cat"', b' "cat"\n', JSON),
        (b"1,2\n3,cat\n", b"1.0, 2.000001\r\n3,cat", CSV),
        (b"cat", b"cat\n", "text/plain"),
        (npy(np.float32([1, 2])), npy(np.float64([1.000001, 2])), NPY),
        (npz(a=np.ones(2), b=np.zeros(1)), npz(b=np.zeros(1), a=np.ones(2)), NPZ),
        (b"\xff\x00", b"\xff\x00", "image/png"),
    ],
)
def test_the_same(expected, answer, content_type):
    assert difference(expected, answer, content_type, 1e-5) is None


@pytest.mark.parametrize(
    ("expected", "answer", "content_type", "text"),
    [
        (b"[[1, 2]]", b"[[1, 2.1]]", JSON, "[0][1] is 2.1, not 2"),
        (b'{"a": {"b": 1}}', b'{"a": {"b": 2}}', JSON, "a.b is 2, not 1"),
        (b'{"a": 1}', b'{"b": 1}', JSON, 'it has the keys ["b"], not ["a"]'),
        (b"[1]", b"[1, 2]", JSON, "it has 2 items, not 1"),
        (b"1", b"true", JSON, "it is true, not 1"),
        (b"[1]", b"[null]", JSON, "[0] is null, not 1"),
        (b"[1]", b'["1"]', JSON, '[0] is "1", not 1'),
        (b"[1]", b"[NaN]", JSON, "[0] is NaN, not 1"),
        (b"[1]", b"<html>", JSON, "the answer cannot be read: Expecting value"),
        (b"{", b"[1]", JSON, "the expected answer cannot be read: Expecting property name"),
        (b"1,2", b"1,3", CSV, "[0][1] is 3.0, not 2.0"),
        (b"1", b"\xff", CSV, "the answer cannot be read: 'utf-8'"),
        (npy(np.ones((2, 1))), npy(np.ones(2)), NPY, "it has the shape (2,), not (2, 1)"),
        (npy(np.ones(2)), npy(np.zeros(2)), NPY, "[0] is 0.0, not 1.0"),
        (npy(np.ones(2)), b"[1, 1]", NPY, "the answer cannot be read: it is not in NumPy's file format"),
        (npy(np.ones(2)), npy(np.ones(2))[:-3], NPY, "the answer cannot be read: it is no array of numbers"),
        (
            npy(np.ones((2, 2))),
            npy(np.asfortranarray(np.zeros((2, 2)))),
            NPY,
            "it is in Fortran's order of indexes",
        ),
        (npz(a=np.ones(1)), npz(a=np.zeros(1)), NPZ, "a.npy: [0] is 0.0, not 1.0"),
        (npz(a=np.ones(1)), npz(b=np.ones(1)), NPZ, 'it has the arrays ["b.npy"], not ["a.npy"]'),
        (npz(a=np.ones(1)), b"PK", NPZ, "the answer cannot be read: File is not a zip file"),
        (b"abc", b"abd", "image/png", "its 3 bytes differ from the expected 3, the first time at byte 2"),
        (b"abc", b"ab", "image/png", "it has 2 bytes, not 3"),
    ],
)
def test_another_one(expected, answer, content_type, text):
    found = difference(expected, answer, content_type, 1e-5)
    assert found is not None
    assert found.startswith(text)


def test_a_long_value_is_shortened():
    found = difference(b'"a"', json.dumps("b" * 10_000).encode(), JSON, 0.0)
    assert found is not None
    assert len(found) < 300


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(FINITE, min_size=1, max_size=5), st.floats(1e-6, 1), st.floats(-2, 2))
def test_numbers_may_differ_by_the_tolerance(values, tolerance, shift):
    moved = [value + shift * tolerance for value in values]
    within = all(abs(value - other) <= tolerance for value, other in zip(values, moved, strict=True))
    found = difference(json.dumps(values).encode(), json.dumps(moved).encode(), JSON, tolerance)
    assert (found is None) == within


@settings(max_examples=60, deadline=None, derandomize=True)
@given(DTYPES, SHAPES, st.booleans(), st.integers(0, 100))
def test_arrays_are_read_as_numpy_does(dtype, shape, fortran, seed):
    array = np.random.default_rng(seed).integers(0, 2, size=shape).astype(dtype)
    array = np.asfortranarray(array) if fortran else array
    read = read_npy(npy(array))
    assert read.shape == array.shape
    flat = array.flatten(order="F" if read.fortran_order else "C")
    assert list(read.values) == flat.tolist()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.binary(max_size=200), st.binary(max_size=200), st.sampled_from([JSON, CSV, NPY, NPZ, "image/png"]))
def test_any_two_bodies_can_be_compared(one, other, content_type):
    found = difference(one, other, content_type, 0.1)
    assert found is None or isinstance(found, str)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(0, 200), st.integers(0, 255))
def test_a_damaged_array_is_refused_in_words(position, value):
    data = bytearray(npy(np.arange(4.0)))
    data[position % len(data)] = value
    found = difference(npy(np.arange(4.0)), bytes(data), NPY, 0.0)
    assert found is None or isinstance(found, str)
