"""What `output_fn` may return."""

from __future__ import annotations

import io

import numpy as np
import pytest

NPY = "application/x-npy"

PASS_THROUGH = """
    import torch, numpy
    def model_fn(model_dir): return None
    def predict_fn(data, model): return data
"""


@pytest.mark.parametrize(
    ("returned", "accept", "body", "content_type"),
    [
        ("torch.tensor([1.5, 2])", None, b"[1.5,2.0]", "application/json"),
        ("torch.tensor([1.5, 2])", "text/csv", b"1.5\n2.0\n", "text/csv"),
        ("numpy.array([1, 2])", None, b"[1,2]", "application/json"),
        ("numpy.array([1, 2])", "image/png, application/json", b"[1,2]", "application/json"),
        ("{'a': torch.tensor([1])}", None, b'{"a":[1]}', "application/json"),
        ("{'a': 1}", "text/csv", b'{"a":1}', "application/json"),
        ("[1, 'two']", None, b'[1,"two"]', "application/json"),
        ("(1, 2)", None, b"[1,2]", "application/json"),
        ("3", None, b"3", "application/json"),
        ("'größe'", None, "größe".encode(), "application/json"),
        ("'<a/>'", "application/xml", b"<a/>", "application/xml"),
        ("''", None, b"", "application/json"),
        ("b'\\x00\\xff'", "image/png", b"\0\xff", "image/png"),
        ("bytearray(b'a')", "text/plain;q=1", b"a", "text/plain"),
        ("('text', 'text/plain')", None, b"text", "text/plain"),
        ("(b'', 'image/png')", None, b"", "image/png"),
        ("({'a': 1}, 'application/vnd.own+json')", None, b'{"a":1}', "application/vnd.own+json"),
        ("(torch.tensor([[1, 2]]), 'text/csv')", None, b"1,2\n", "text/csv"),
        ("([1], 'application/json; charset=utf-8')", None, b"[1]", "application/json; charset=utf-8"),
    ],
)
def test_whatever_output_fn_returns_is_answered(client, returned, accept, body, content_type):
    code = f"{PASS_THROUGH}    def output_fn(prediction, accept): return {returned}\n"
    answer = client(code).invoke([1], accept=accept)
    assert (answer.status, answer.body, answer.content_type) == (200, body, content_type)


def test_an_array_of_output_fn_is_npy_by_accept(client):
    code = f"{PASS_THROUGH}    def output_fn(prediction, accept): return prediction\n"
    assert np.load(io.BytesIO(client(code).invoke([1, 2], accept=NPY).body)).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("returned", "status", "words"),
    [
        ("None", 500, "returned None"),
        ("object()", 500, "a object has no form in JSON"),
        ("float('nan')", 500, "NaN"),
        ("'\\ud800'", 500, "text that UTF-8 cannot hold"),
        ("torch.tensor([float('inf')])", 500, "NaN"),
    ],
)
def test_what_cannot_be_answered_is_the_models_fault(client, returned, status, words):
    code = f"{PASS_THROUGH}    def output_fn(prediction, accept): return {returned}\n"
    answer = client(code).invoke([1])
    assert answer.status == status
    assert words in answer.reason


def test_an_array_that_accept_does_not_allow_is_not_acceptable(client):
    code = f"{PASS_THROUGH}    def output_fn(prediction, accept): return prediction\n"
    answer = client(code).invoke([1], accept="image/png")
    assert answer.status == 406
    assert "image/png" in answer.reason
