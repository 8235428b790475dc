"""Headers as HTTP has them, and as the handler does."""

import functools
import re
from collections.abc import Mapping

_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.1
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_OWN_HEADERS = frozenset({"content-type", "content-length", "connection", "transfer-encoding"})
_REMEMBERED = 256  # names and values: most answers have the same ones

Headers = list[tuple[bytes, bytes]]


def read_headers(came: Headers) -> dict[str, str]:
    """Return the headers; of one that stands more than once, the values in one (RFC 9110, 5.3)."""
    pairs = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in came]
    headers = dict(pairs)
    if len(headers) == len(pairs):
        return headers
    headers = {}
    for name, value in pairs:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def encode_headers(headers: Mapping[str, str], content_type: str, length: int | None) -> Headers:
    """Return the headers of an answer; those that belong to the server are left out of the handler's.

    Parameters
    ----------
    headers
        Of the handler.
    content_type
        Of the body.
    length
        Of the body, in bytes; None for an answer that has none.

    Raises
    ------
    ValueError
        A header has a name that HTTP does not allow.
    """
    encoded = [(_name(name), _value(value)) for name, value in headers.items() if name not in _OWN_HEADERS]
    encoded.append((b"content-type", _value(content_type)))
    if length is not None:
        encoded.append((b"content-length", b"%d" % length))
    return encoded


@functools.lru_cache(maxsize=_REMEMBERED)
def _name(text: str) -> bytes:
    name = text.encode("latin-1", "replace")
    if not _NAME.fullmatch(name):
        raise ValueError(f"the handler gave a header the name {text!r}, which HTTP does not allow")
    return name


@functools.lru_cache(maxsize=_REMEMBERED)
def _value(text: str) -> bytes:
    """Return a header's value without line breaks, which would begin another header, and control characters."""
    return " ".join(_CONTROL.sub(" ", text).split()).encode("latin-1", "replace")
