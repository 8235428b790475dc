"""The headers Content-Type and Accept."""

import functools
import math
from typing import NamedTuple

from .errors import BadRequest, NotAcceptableError, UnsupportedMediaTypeError

JSON = "application/json"
CSV = "text/csv"
NPY = "application/x-npy"
NPZ = "application/x-npz"
RAW = "application/octet-stream"

TEXT_TYPES = frozenset({JSON, CSV})
"""A handler gets these bodies as `str`, all others as bytes (SageMaker Inference Toolkit, `UTF8_TYPES`)."""

_ANYTHING = "*/*"
_REMEMBERED = 256  # headers: a client sends the same one again and again


class MediaRange(NamedTuple):
    """A media type of an Accept header, such as `text/*`, and how much the client wants it, from 0 to 1."""

    name: str
    quality: float


@functools.lru_cache(maxsize=_REMEMBERED)
def media_type(content_type: str | None) -> str:
    """Return a Content-Type in lower case without its parameters; absent means JSON."""
    return (content_type or "").partition(";")[0].strip().lower() or JSON


def is_raw(kind: str) -> bool:
    """Whether a body of this media type is handed on as bytes: raw bytes and images."""
    return kind == RAW or kind.startswith("image/")


def decode_text(body: bytes, content_type: str | None) -> str:
    """Decode `body` by the header's charset parameter, UTF-8 where there is none.

    Raises
    ------
    UnsupportedMediaTypeError
        The charset is unknown.
    BadRequest
        The body is not text in that charset.
    """
    charset = _charset(content_type)
    try:
        return body.decode(charset)
    except UnicodeError:
        raise BadRequest(f"the body is not {charset} text") from None
    except (LookupError, ValueError):
        raise UnsupportedMediaTypeError(f"the charset {charset!r} is unknown") from None


def is_utf8(content_type: str | None) -> bool:
    """Whether the header says, or leaves to the default, that the body is UTF-8."""
    return _charset(content_type).lower() in {"utf-8", "utf8"}


@functools.lru_cache(maxsize=_REMEMBERED)
def negotiate(accept: str | None, default: str, offers: tuple[str, ...]) -> str:
    """Return the one of `offers` that Accept wants most.

    The quality of an offer is that of the most specific range that it matches, and 0 refuses it (RFC 9110,
    12.5.1). Of equally wanted ones, the range that stands first decides; in a range such as `*/*`, `default`.

    Parameters
    ----------
    accept
        The header, such as `text/csv;q=0.5, application/*`; absent means `*/*`.
    default
        The content type that ranges prefer.
    offers
        What the answer can be written as, best first.

    Raises
    ------
    NotAcceptableError
        None is wanted.
    """
    ranges = _ranges(accept)
    best: tuple[float, int, int] | None = None
    choice = ""
    ordered = (default, *offers) if default in offers else offers
    for place, offer in enumerate(ordered):
        matching = [(_specificity(item.name), -at) for at, item in enumerate(ranges) if _matches(item.name, offer)]
        if not matching:
            continue
        at = -max(matching)[1]
        rank = (ranges[at].quality, -at, -place)
        if ranges[at].quality > 0 and (best is None or rank > best):
            best, choice = rank, offer
    if best is None:
        raise NotAcceptableError(f"the answer can be written as {', '.join(offers)}, but Accept is {accept}")
    return choice


@functools.lru_cache(maxsize=_REMEMBERED)
def preferred(accept: str | None, default: str, known: tuple[str, ...]) -> str:
    """Return the one content type that a handler is asked for: the one that Accept wants most.

    `*/*` and an absent header mean `default`; `application/*` means the first of `known` that matches.
    """
    wanted = max(_ranges(accept), key=lambda item: item.quality).name  # the first of equals
    if wanted == _ANYTHING:
        return default
    if wanted.endswith("/*"):
        return next((name for name in (default, *known) if _matches(wanted, name)), default)
    return wanted


@functools.lru_cache(maxsize=_REMEMBERED)
def _charset(content_type: str | None) -> str:
    for parameter in (content_type or "").split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"') or "utf-8"
    return "utf-8"


def _ranges(accept: str | None) -> list[MediaRange]:
    parts = ((accept or "").split(",")) if accept else []
    ranges = [_range(part) for part in parts]
    return [item for item in ranges if item.name] or [MediaRange(_ANYTHING, 1.0)]


def _range(text: str) -> MediaRange:
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            return MediaRange(name, _quality(value.strip()))
    return MediaRange(name, 1.0)


def _quality(value: str) -> float:
    """Return a quality value; one that cannot be read counts as 1, as if it were not there."""
    try:
        quality = float(value)
    except ValueError:
        return 1.0
    return min(max(quality, 0.0), 1.0) if math.isfinite(quality) else 1.0


def _specificity(name: str) -> int:
    if name == _ANYTHING:
        return 0
    return 1 if name.endswith("/*") else 2


def _matches(wanted: str, offer: str) -> bool:
    return wanted in {offer, _ANYTHING} or (wanted.endswith("/*") and offer.startswith(wanted[:-1]))
