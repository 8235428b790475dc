"""What is wrong, what shows it, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quote:
    """What AWS or the container said, word for word.

    Parameters
    ----------
    source
        Who said it.
    text
        One line or several.
    """

    source: str
    text: str


@dataclass(frozen=True)
class Finding:
    """One cause.

    Parameters
    ----------
    cause
        Its id, for programs.
    summary
        The cause in one line.
    evidence
        What shows it.
    mend
        What to do.
    is_fault
        False where the endpoint itself does what it should, and a client or a caller has something to mend.
    """

    cause: str
    summary: str
    evidence: tuple[Quote, ...]
    mend: str
    is_fault: bool = True
