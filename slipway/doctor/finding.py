"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "wrong", "skipped"]


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Parameters
    ----------
    check
        What was looked at, in a word or two.
    state
        `wrong`: something will not work. `warning`: it may not. `skipped`: it could not be looked at, or need not.
    what
        What is there, or why it was skipped.
    mend
        What to do; empty where nothing is to be done.
    """

    check: str
    state: State
    what: str
    mend: str = ""
