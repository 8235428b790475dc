"""A request as the handler sees it, and the answer."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

_ID = 16  # bytes of an id
_IDS_AT_ONCE = 64  # one system call for so many
_ids: list[str] = []
os.register_at_fork(after_in_child=_ids.clear)  # a child would give the same ones again


def new_request_id() -> str:
    """Return an id under which a request is found in the log."""
    try:
        return _ids.pop()
    except IndexError:
        drawn = os.urandom(_ID * _IDS_AT_ONCE).hex()
        size = 2 * _ID
        first, *others = [drawn[at : at + size] for at in range(0, len(drawn), size)]
        _ids.extend(others)
        return first


@dataclass(frozen=True)
class Request:
    """What a client sent to `/invocations`.

    Parameters
    ----------
    body
        The body as it came.
    headers
        All headers, their names in lower case.
    id
        Names the request in the log.
    """

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    id: str = field(default_factory=new_request_id)

    @property
    def content_type(self) -> str | None:
        """The header as it came; None where absent."""
        return self.headers.get("content-type")

    @property
    def accept(self) -> str | None:
        """The header as it came; None where absent."""
        return self.headers.get("accept")


@dataclass(frozen=True)
class Answer:
    """What the client gets.

    Parameters
    ----------
    body
        The body as it is sent.
    content_type
        Its media type.
    status
        The HTTP status.
    headers
        Further headers, their names in lower case.
    milliseconds
        What the phases `input`, `predict` and `output` took, as far as the request got.
    """

    body: bytes
    content_type: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    milliseconds: Mapping[str, float] = field(default_factory=dict)


def plain(text: object) -> str:
    """Return text as a plain string: that of an `Enum` of strings is its value, not its name."""
    return str.__str__(text) if isinstance(text, str) else str(text)
