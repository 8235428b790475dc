"""What a user hears of steps that take time."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

QUICK = 64 * 1024**2
"""Bytes; less than this has moved before anyone would look at a figure."""

_SECONDS = 2.0
"""Between two lines about the same step."""

_GIB = 1024**3
_MB = 10**6


class Progress:
    """Says each step in one line, and how far a long one is in lines of their own.

    Parameters
    ----------
    say
        Called with each line; by default nothing is said.
    """

    def __init__(self, say: Callable[[str], None] = lambda _: None) -> None:
        self._say = say

    def __call__(self, step: str) -> None:
        """Say that a step begins."""
        self._say(step)

    def check(self) -> None:
        """Raise where the work has been called off; whoever waits for something calls this again and again."""

    def waiting(self, why: str) -> Callable[[], None]:
        """Return what is called again and again while something is waited for; it says why once."""
        said = False

        def wait() -> None:
            nonlocal said
            if not said:
                self(why)
            said = True
            self.check()

        return wait

    @contextmanager
    def moving(self, step: str, total: int) -> Iterator[Callable[[int], None]]:
        """Follow a step that moves `total` bytes; yields what is called with the size of each part moved."""
        start = said = time.monotonic()
        done = 0

        def moved(size: int) -> None:
            nonlocal done, said
            self.check()
            done += size
            now = time.monotonic()
            if total >= QUICK and now - said >= _SECONDS:
                said = now
                rate = done / (now - start) / _MB
                self._say(f"{step}: {done / _GIB:.1f} of {total / _GIB:.1f} GiB, {rate:.0f} MB/s")

        yield moved


def as_progress(progress: Callable[[str], None] | None) -> Progress:
    """Return `progress` itself, or one that hands each line to it."""
    if isinstance(progress, Progress):
        return progress
    return Progress() if progress is None else Progress(progress)
