from __future__ import annotations

import pytest

from serving.core.errors import BadRequest, NotAcceptableError, UnsupportedMediaTypeError
from serving.core.media_types import decode_text, media_type, negotiate, preferred

OFFERS = ("application/json", "text/csv", "application/x-npy")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("text/csv", "text/csv"),
        ("Application/JSON; charset=utf-8", "application/json"),
        ("application/x-npy ;version=1", "application/x-npy"),
    ],
)
def test_a_content_type_without_its_parameters(header, expected):
    assert media_type(header) == expected


@pytest.mark.parametrize(
    "charset", ["", "; charset=utf-8", '; charset="UTF-8"', "; a=b; CHARSET=utf-8", "; charset="]
)
def test_text_is_utf_8_unless_said_otherwise(charset):
    assert decode_text("größe".encode(), f"text/csv{charset}") == "größe"


def test_the_charset_is_followed():
    assert decode_text("größe".encode("latin-1"), "text/csv; charset=iso-8859-1") == "größe"


def test_text_that_is_not_in_its_charset_is_the_clients_fault():
    with pytest.raises(BadRequest, match="utf-8"):
        decode_text(b"\xff", "text/csv")


@pytest.mark.parametrize("charset", ["klingon", "hex", "zlib", "a\0b"])
def test_an_unknown_charset_is_unsupported(charset):
    with pytest.raises(UnsupportedMediaTypeError, match="charset"):
        decode_text(b"00", f"text/csv; charset={charset}")


@pytest.mark.parametrize(
    ("accept", "default", "expected"),
    [
        (None, "text/csv", "text/csv"),
        ("*/*", "text/csv", "text/csv"),
        ("*/*", "image/png", "application/json"),
        (" ,", "text/csv", "text/csv"),
        ("application/x-npy", "text/csv", "application/x-npy"),
        ("Application/JSON; charset=utf-8", "text/csv", "application/json"),
        ("image/png, text/csv", "application/json", "text/csv"),
        ("application/*", "text/csv", "application/json"),
        ("text/*", "application/json", "text/csv"),
    ],
)
def test_the_first_offer_that_is_accepted_is_taken(accept, default, expected):
    assert negotiate(accept, default, OFFERS) == expected


@pytest.mark.parametrize("accept", ["image/png", "image/*, application/xml", "application/jso", "application"])
def test_an_accept_that_no_offer_meets_is_refused_with_the_offers(accept):
    with pytest.raises(NotAcceptableError) as caught:
        negotiate(accept, "application/json", OFFERS)
    assert all(offer in str(caught.value) for offer in OFFERS)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "text/csv"),
        ("*/*", "text/csv"),
        ("image/png, text/csv", "image/png"),
        ("application/*", "application/json"),
        ("image/*", "text/csv"),
    ],
)
def test_a_handler_is_asked_for_one_type(accept, expected):
    assert preferred(accept, "text/csv", OFFERS) == expected
