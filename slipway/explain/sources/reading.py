"""Reads one source after another; one that is refused does not keep the others from being read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Unread:
    """A source that could not be read.

    Parameters
    ----------
    source
        What was asked, and for what.
    reason
        What AWS answered.
    """

    source: str
    reason: str


class Reading:
    """Makes requests, and notes those that are refused."""

    def __init__(self) -> None:
        self.unread: list[Unread] = []
        self.answered = 0
        """How many requests were answered, if only by saying that something is not there."""

    def read(self, source: str, request: Callable[[], T], absent: T, *means_absent: str) -> T:
        """Make a request, or several for one thing.

        Parameters
        ----------
        source
            What is asked, and for what.
        request
            Makes the request.
        absent
            What is returned where the thing is not there, and where AWS refuses to tell.
        means_absent
            Parts, in lower case, of the codes and messages that say that the thing is not there.
        """
        from botocore.exceptions import ClientError  # noqa: PLC0415 (it takes a while)

        try:
            found = request()
        except ClientError as error:
            if _says(error, means_absent):
                self.answered += 1
            else:
                self.unread.append(Unread(source, str(error)))
            return absent
        self.answered += 1
        return found

    def is_refused(self, source: str) -> bool:
        """Whether a source could not be read."""
        return any(one.source == source for one in self.unread)


def _says(error: Any, parts: tuple[str, ...]) -> bool:
    told = error.response["Error"]
    text = f"{told.get('Code')}: {told.get('Message', '')}".lower()
    return any(part in text for part in parts)
