"""Requests as data, and what a server of ours answers.

`differs` says where the AWS PyTorch container answers otherwise, by the name of one of `differences`.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np

JSON, CSV, NPY, NPZ = "application/json", "text/csv", "application/x-npy", "application/x-npz"
ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
ROWS = [[1.0, 2.0, 4.0], [0.5, 0.0, -1.0]]
EXPECTED = [[3.0, 6.0], [0.25, -2.0]]


@dataclass(frozen=True)
class Case:
    """A request and its answer.

    Parameters
    ----------
    name
        Unique.
    model
        The model that it goes to, a folder in `models`.
    body, headers
        The request.
    status
        The answer's.
    expected
        The answer's content, as `content` reads it; None where it is not compared, such as a refusal's.
    content_type
        The answer's, without parameters; None where it is not compared.
    differs
        The key in `DIFFERENCES` of how the AWS PyTorch container differs; empty where it answers the same.
    """

    name: str
    model: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    expected: Any = None
    content_type: str | None = None
    differs: str = ""


def content(body: bytes, content_type: str) -> Any:
    """Return an answer's content in a form that `==` compares."""
    kind = content_type.partition(";")[0]
    if kind == JSON:
        return json.loads(body)
    if kind == CSV:
        return [[float(cell) for cell in line.split(",")] for line in body.decode().splitlines()]
    if kind == NPY:
        return np.load(io.BytesIO(body)).tolist()
    if kind == NPZ:
        return {name: array.tolist() for name, array in np.load(io.BytesIO(body)).items()}
    return body


def npy(array: Any, dtype: str = "float32") -> bytes:
    """Return an array as NPY."""
    body = io.BytesIO()
    np.save(body, np.array(array, dtype=dtype))
    return body.getvalue()


def npz(**arrays: Any) -> bytes:
    """Return arrays as NPZ."""
    body = io.BytesIO()
    np.savez(body, **{name: np.array(array, dtype="float32") for name, array in arrays.items()})
    return body.getvalue()


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _reads(name: str, body: bytes, content_type: str | None, aws: str = "", expected: Any = EXPECTED) -> Case:
    headers = {} if content_type is None else {"Content-Type": content_type}
    return Case(f"reads {name}", "defaults", body, headers, 200, expected, JSON, aws)


def _accepts(accept: str, content_type: str, aws: str = "") -> Case:
    headers = {"Content-Type": JSON, "Accept": accept}
    expected = {"arr_0": EXPECTED} if content_type == NPZ else EXPECTED
    return Case(f"accepts {accept}", "defaults", _json(ROWS), headers, 200, expected, content_type, aws)


def _refuses(name: str, status: int, body: bytes, aws: str, **headers: str) -> Case:
    named = {"Content-Type": JSON, **{key.replace("_", "-"): value for key, value in headers.items()}}
    return Case(f"refuses {name}", "defaults", body, named, status, differs=aws)


def _returns(name: str, expected: Any, content_type: str | None, *, accept: str = "", aws: str = "") -> Case:
    headers = {"Content-Type": JSON, ATTRIBUTES: name, **({"Accept": accept} if accept else {})}
    label = f"returns {name}" + (f" for {accept}" if accept else "")
    return Case(label, "functions", b"1", headers, 200, expected, content_type, aws)


def _fails(name: str, status: int, aws: str = "") -> Case:
    return Case(f"fails {name}", "functions", b"1", {"Content-Type": JSON, ATTRIBUTES: name}, status, differs=aws)


def _sees(content_type: str | None, kind: str, body: bytes = b"12345", differs: str = "") -> Case:
    headers = {ATTRIBUTES: "seen"} | ({} if content_type is None else {"Content-Type": content_type})
    media_type = (content_type or JSON).partition(";")[0]
    seen = {"kind": kind, "length": 5, "content_type": media_type}
    expected = {"accept": JSON, "asked": "seen", "data": seen, "model": {"dir": True, "batch_size": 1}}
    return Case(f"sees {content_type} as {kind}", "functions", body, headers, 200, expected, JSON, differs)


_CSV_ROWS = "1,2,4\n0.5,0,-1\n"

CASES: list[Case] = [
    # what the default input_fn reads
    _reads("JSON", _json(ROWS), JSON),
    _reads("JSON without a content type", _json(ROWS), None, "no-type"),
    _reads("JSON with a charset", _json(ROWS), f"{JSON}; charset=utf-8", "parameters"),
    _reads("JSON in capitals", _json(ROWS), "Application/JSON", "parameters"),
    _reads("JSON in UTF-16", json.dumps(ROWS).encode("utf-16"), f"{JSON}; charset=utf-16", "parameters"),
    _reads("JSON of whole numbers", _json([[1, 2, 4]]), JSON, expected=[[3.0, 6.0]]),
    _reads("JSON of booleans", _json([[True, False, True]]), JSON, expected=[[1.25, 2.0]]),
    _reads("JSON with white space", b" \r\n[[1, 2, 4]]\n", JSON, expected=[[3.0, 6.0]]),
    _reads("JSON of one row", _json(ROWS[0]), JSON, expected=EXPECTED[0]),
    _reads("JSON of three dimensions", _json([ROWS]), JSON, expected=[EXPECTED]),
    _reads("instances", _json({"instances": ROWS}), JSON, "formats"),
    _reads("CSV", _CSV_ROWS.encode(), CSV, "csv"),
    _reads("CSV with carriage returns", _CSV_ROWS.replace("\n", "\r\n").encode(), CSV, "csv"),
    _reads("CSV of numbers with points", b"1.0,2.0,4.0\n0.5,0.0,-1.0\n", CSV),
    _reads("CSV of one row", b"1,2,4", CSV, expected=EXPECTED[0]),
    _reads("CSV with a charset", _CSV_ROWS.encode(), f"{CSV}; charset=utf-8", "parameters"),
    _reads("NPY", npy(ROWS), NPY),
    _reads("NPY of float64", npy(ROWS, "float64"), NPY, "dtype"),
    _reads("NPY of float16", npy(ROWS, "float16"), NPY, "dtype"),
    _reads("NPY of int64", npy([[1, 2, 4]], "int64"), NPY, "dtype", [[3.0, 6.0]]),
    _reads("NPY of another byte order", npy(ROWS, ">f4"), NPY, "dtype"),
    _reads("NPY in Fortran's order", npy(np.asfortranarray(ROWS)), NPY),
    _reads("NPZ of one array", npz(x=ROWS), NPZ, "formats"),
    _reads("NPZ by the parameter's name", npz(x=ROWS), NPZ, "formats"),
    # what the default output_fn writes
    _accepts("application/json", JSON),
    _accepts("text/csv", CSV),
    _accepts("application/x-npy", NPY),
    _accepts("application/x-npz", NPZ, "accept"),
    _accepts("*/*", JSON),
    _accepts("application/*", JSON, "accept"),
    _accepts("text/*", CSV, "accept"),
    _accepts("text/csv, application/json", CSV, "accept"),
    _accepts("text/csv;q=0.5, application/json", JSON, "accept"),
    _accepts("application/json;q=0.1, application/x-npy;q=0.9", NPY, "accept"),
    _accepts("image/png, text/csv;q=0.5", CSV, "accept"),
    _accepts("text/html, */*;q=0.1", JSON, "accept"),
    _accepts("application/json;q=0, */*", CSV, "accept"),
    _accepts("application/json; charset=utf-8", JSON, "accept"),
    # what is the client's fault
    _refuses("JSON that is cut", 400, b"[[1, 2", "client"),
    _refuses("an empty body", 400, b"", "client"),
    _refuses("NaN in JSON", 400, b"[[NaN, 1, 2]]", "nan"),
    _refuses("ragged lists", 400, b"[[1, 2], [3]]", "client"),
    _refuses("text for numbers", 400, b'[["a", "b", "c"]]', "client"),
    _refuses("an object", 400, b'{"a": 1}', "client"),
    _refuses("a wrong shape", 400, b"[[1, 2]]", "client"),
    _refuses("a number too large", 400, b"[[1e300, 1, 2]]", "overflow"),
    _refuses("NPY that is cut", 400, npy(ROWS)[:-1], "client", Content_Type=NPY),
    _refuses("no NPZ", 400, b"PK", "client", Content_Type=NPZ),
    _refuses("CSV of words", 400, b"a,b,c", "client", Content_Type=CSV),
    _refuses("XML", 415, b"<a/>", "client", Content_Type="application/xml"),
    _refuses("an image for a model of numbers", 415, b"\x89PNG", "raw", Content_Type="image/png"),
    _refuses("an unknown charset", 415, b"[]", "parameters", Content_Type=f"{JSON}; charset=klingon"),
    _refuses("an Accept that it cannot meet", 406, _json(ROWS), "accept", Accept="image/png"),
    _refuses("an Accept that wants nothing", 406, _json(ROWS), "accept", Accept="*/*;q=0"),
    # what input_fn sees
    _sees(JSON, "str"),
    _sees(None, "str", differs="no-type"),
    _sees(CSV, "str"),
    _sees(NPY, "bytes", differs="bytes"),
    _sees("image/png", "bytes", differs="bytes"),
    _sees("application/octet-stream", "bytes", b"\x00\xff\x01\x02\x03", differs="bytes"),
    # what output_fn may return
    _returns("text", b"plain text", "text/plain", accept="text/plain"),
    _returns("bytes", b"\x00\x01\xff", "image/png", accept="image/png"),
    _returns("empty", None, JSON),
    _returns("dict", {"a": 1, "b": [1.5, None, "c"]}, JSON),
    _returns("list", [1, "two", 3.5], JSON),
    _returns("number", 3, JSON),
    _returns("pair", b"<a/>", "application/xml"),
    _returns("pair-of-bytes", b"\x89PNG", "image/png"),
    _returns("pair-of-dict", {"a": 1}, JSON),
    _returns("tensor", [[1.5, 2.5]], JSON, aws="tensor"),
    _returns("tensor", [[1.5, 2.5]], NPY, accept=NPY, aws="tensor"),
    _returns("array", [1, 2, 3], JSON, aws="tensor"),
    _returns("nested-tensor", {"scores": [0.5, 0.25]}, JSON, aws="tensor"),
    # whose fault it is
    _fails("status", 418),
    _fails("input-value-error", 400, "refusal"),
    _fails("bad-request", 400, "refusal"),
    _fails("input-fault", 500),
    _fails("predict-fault", 500),
    _fails("output-fault", 500),
    _fails("none", 500, "none"),
    _fails("object", 500),
    _fails("nan", 500, "nan"),
    # transform_fn
    Case("transforms JSON", "transform", b"[1, 2]", {"Content-Type": JSON}, 200, [3, 6], JSON),
    Case("transforms text", "transform", b"a", {"Content-Type": CSV}, 200, b"not JSON: str", "text/plain"),
    Case(
        "transforms bytes",
        "transform",
        b"a",
        {"Content-Type": NPY},
        200,
        b"not JSON: bytes",
        "text/plain",
        "bytes",
    ),
    Case(
        "transforms for an Accept",
        "transform",
        b"[1]",
        {"Content-Type": JSON, "Accept": "application/json"},
        200,
        [3],
        JSON,
    ),
    Case("transform fails", "transform", b"{", {"Content-Type": JSON}, 500),
]
