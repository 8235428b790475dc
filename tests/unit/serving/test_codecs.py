from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.core import json_codec
from serving.core.codecs import decode, encode, encode_json
from serving.core.errors import BadRequest, ModelError, NotAcceptableError, RequestError, UnsupportedMediaTypeError

JSON, CSV, NPY = "application/json", "text/csv", "application/x-npy"

finite = st.floats(allow_nan=False, allow_infinity=False, width=32)
matrices = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(finite, min_size=width, max_size=width), min_size=1)
)


def npy(array) -> bytes:
    body = io.BytesIO()
    np.save(body, array)
    return body.getvalue()


def numbers_or_refused(body, content_type) -> bool:
    try:
        return decode(body, content_type).dtype.kind in "biuf"
    except RequestError as error:
        return error.status == 400


@pytest.fixture(params=["orjson", "standard library"])
def either_json(request, monkeypatch):
    """Run a test with orjson and without."""
    monkeypatch.setattr(json_codec, "HAS_ORJSON", request.param == "orjson")


@settings(derandomize=True, max_examples=50)
@given(matrices)
def test_an_answer_is_read_back_as_it_was(matrix):
    tensor = torch.tensor(matrix, dtype=torch.float32)
    for content_type in (JSON, NPY):
        assert np.array_equal(
            decode(encode(tensor, content_type), content_type).astype(np.float32), tensor.numpy()
        )
    rows = decode(encode(tensor, CSV), CSV).astype(np.float32)
    assert np.array_equal(rows.reshape(tensor.shape), tensor.numpy())


@settings(derandomize=True, max_examples=150)
@given(st.binary(max_size=200) | st.text().map(str.encode), st.sampled_from([JSON, CSV, NPY]))
def test_any_body_is_numbers_or_the_clients_fault(body, content_type):
    assert numbers_or_refused(body, content_type)


@settings(derandomize=True, max_examples=100)
@given(st.integers(0, 140), st.integers(0, 255))
def test_a_damaged_npy_is_numbers_or_the_clients_fault(position, value):
    body = bytearray(npy(np.arange(6.0).reshape(2, 3)))
    body[position % len(body)] = value
    assert numbers_or_refused(bytes(body), NPY)


@pytest.mark.parametrize(
    "body",
    ["", "{", "[1,", "nan", "[NaN]", "[1e5, Infinity]", '"1"', "null", "[[1], [2, 3]]", '{"a": 1}', "[null]"],
)
def test_json_that_holds_no_numbers_is_refused(either_json, body):
    with pytest.raises(BadRequest):
        decode(body, JSON)


def test_deep_nesting_is_refused(either_json):
    with pytest.raises(BadRequest):
        decode("[" * 100_000 + "]" * 100_000, JSON)


@pytest.mark.parametrize("body", ["", "\n \n", "1,2\n3", "a,b", "1,,2", "# 1,2", "1;2"])
def test_csv_that_holds_no_numbers_is_refused(body):
    with pytest.raises(BadRequest):
        decode(body, CSV)


def test_csv_rows():
    assert decode("1,2\r\n3,4.5\r\n", CSV).tolist() == [[1, 2], [3, 4.5]]
    assert decode("1,2", CSV).tolist() == [1, 2]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no array",
        npy(np.arange(9.0))[:-1],
        npy(np.array(["a"])),
        npy(np.array([1j])),
        npy(np.array([{}], dtype=object)),
        npy(np.arange(2.0)).replace(b"(2,), }          ", b"(2000000000000,), }"),
    ],
    ids=["empty", "text", "cut", "strings", "complex", "pickle", "larger than memory"],
)
def test_npy_that_holds_no_numbers_is_refused(body):
    with pytest.raises(BadRequest):
        decode(body, NPY)


def test_npy_never_runs_a_pickle(tmp_path):
    class Touch:
        def __reduce__(self):
            return Path.touch, (tmp_path / "touched",)

    with pytest.raises(BadRequest):
        decode(npy(np.array([Touch()], dtype=object)), NPY)
    assert not (tmp_path / "touched").exists()


def test_npy_of_another_byte_order_is_read():
    array = decode(npy(np.array([1.5, -2], dtype=">f8")), NPY)
    assert array.tolist() == [1.5, -2]
    assert array.dtype.isnative


def test_another_content_type_is_unsupported():
    with pytest.raises(UnsupportedMediaTypeError, match="application/xml"):
        decode(b"<a/>", "application/xml")


def test_json_of_everything_that_models_return(either_json):
    answer = {
        "tensor": torch.tensor([[1.5, 2]]),
        "strided": torch.arange(4).reshape(2, 2).T,
        "bfloat16": torch.tensor(0.5, dtype=torch.bfloat16),
        "array": np.array([1, 2], dtype=np.int8),
        "number": np.float32(0.25),
        "pair": (1, None),
        3: "größe",
        "large": 2**70,
    }
    assert json.loads(encode_json(answer)) == {
        "tensor": [[1.5, 2]],
        "strided": [[0, 2], [1, 3]],
        "bfloat16": 0.5,
        "array": [1, 2],
        "number": 0.25,
        "pair": [1, None],
        "3": "größe",
        "large": 2**70,
    }


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize(
    "wrap", [torch.tensor, np.array, lambda v: {"a": [1, v, None]}, lambda v: [torch.tensor([v])]]
)
def test_json_never_holds_nan(either_json, value, wrap):
    with pytest.raises(ModelError, match="NaN or infinity"):
        encode_json(wrap(value))


@pytest.mark.parametrize("value", [object(), {1, 2}, torch.tensor(1j), b"bytes"])
def test_what_json_cannot_hold_is_the_models_fault(either_json, value):
    with pytest.raises(ModelError, match="cannot be written as JSON"):
        encode_json(value)


def test_nan_is_fine_in_npy_and_csv():
    assert np.isnan(decode(encode(torch.tensor([float("nan")]), NPY), NPY)).all()
    assert encode(torch.tensor([float("nan")]), CSV) == b"nan\n"


def test_csv_of_an_answer():
    assert encode(torch.tensor([[0.1, 2], [3, 4]]), CSV) == b"0.1,2.0\n3.0,4.0\n"
    assert encode([torch.tensor(1), 2], CSV) == b"1\n2\n"


@pytest.mark.parametrize("content_type", [CSV, NPY])
@pytest.mark.parametrize("value", [{"a": 1}, "text", [[1], [2, 3]], (torch.zeros(2), torch.zeros(3)), None])
def test_what_is_no_array_is_not_acceptable_as_one(content_type, value):
    with pytest.raises(NotAcceptableError, match="application/json"):
        encode(value, content_type)


def test_csv_holds_two_dimensions_at_most():
    with pytest.raises(NotAcceptableError, match="3 dimensions"):
        encode(torch.zeros(1, 1, 1), CSV)
