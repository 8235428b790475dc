"""The headers Content-Type and Accept."""

from collections.abc import Iterable, Sequence

from serving.errors import BadRequest, NotAcceptableError, UnsupportedMediaTypeError

JSON = "application/json"
CSV = "text/csv"
NPY = "application/x-npy"

TEXT_TYPES = frozenset({JSON, CSV})
"""A handler gets these bodies as `str`, all others as bytes (SageMaker Inference Toolkit, `UTF8_TYPES`)."""


def media_type(content_type: str | None) -> str:
    """Return a Content-Type in lower case without its parameters; absent means JSON."""
    return (content_type or "").partition(";")[0].strip().lower() or JSON


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


def negotiate(accept: str | None, default: str, offers: Sequence[str]) -> str:
    """Return the first of `offers` that Accept names.

    Ranges are taken in the order in which they stand; their parameters, quality values too, are not looked at.

    Parameters
    ----------
    accept
        The header, such as `text/csv, application/*`.
    default
        What `*/*` and an absent header mean.
    offers
        What the answer can be written as, best first.

    Raises
    ------
    NotAcceptableError
        None is named.
    """
    for wanted in _ranges(accept):
        if wanted == "*/*" and default in offers:
            return default
        for offer in offers:
            if _matches(wanted, offer):
                return offer
    raise NotAcceptableError(f"the answer can be written as {', '.join(offers)}, but Accept is {accept}")


def preferred(accept: str | None, default: str, known: Iterable[str]) -> str:
    """Return the one content type that a handler is asked for: the first that Accept names.

    `*/*` and an absent header mean `default`; `application/*` means the first of `known` that matches.
    """
    wanted = _ranges(accept)[0]
    if wanted == "*/*":
        return default
    if wanted.endswith("/*"):
        return next((name for name in (default, *known) if _matches(wanted, name)), default)
    return wanted


def _charset(content_type: str | None) -> str:
    for parameter in (content_type or "").split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"') or "utf-8"
    return "utf-8"


def _ranges(accept: str | None) -> list[str]:
    names = (part.partition(";")[0].strip().lower() for part in (accept or "").split(","))
    return [name for name in names if name] or ["*/*"]


def _matches(wanted: str, offer: str) -> bool:
    return wanted in {offer, "*/*"} or (wanted.endswith("/*") and offer.startswith(wanted[:-1]))
