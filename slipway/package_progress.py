"""How far packaging is: bars on a terminal, lines where stderr is piped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

from assets.progress import QUICK, Progress
from slipway.console import say

if TYPE_CHECKING:
    from rich.progress import Progress as Bars


class StoppableProgress(Progress):
    """Progress of work in other threads, which Ctrl-C does not reach by itself.

    Parameters
    ----------
    show
        Called with each line.
    bars
        Where bars are shown; None for lines.
    """

    def __init__(self, show: Callable[[str], None], bars: Bars | None) -> None:
        super().__init__(show)
        self._bars = bars
        self._stopped = Event()

    def stop(self) -> None:
        """Have every thread that reports here end its work."""
        self._stopped.set()

    def check(self) -> None:
        """Raise KeyboardInterrupt once the work was stopped."""
        if self._stopped.is_set():
            raise KeyboardInterrupt

    @contextmanager
    def moving(self, step: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show a bar while `total` bytes move."""
        if self._bars is None or total < QUICK:
            with super().moving(step, total) as moved:
                yield moved
            return
        bars, task = self._bars, self._bars.add_task(step, total=total)

        def advance(size: int) -> None:
            self.check()
            bars.advance(task, size)

        try:
            yield advance
        finally:
            bars.remove_task(task)


@contextmanager
def package_progress() -> Iterator[StoppableProgress]:
    """Show progress on stderr."""
    if not sys.stderr.isatty():
        yield StoppableProgress(say, None)
        return
    # Imported only where it is seen: it takes a tenth of a second.
    from rich import progress as rich  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415

    columns = (
        rich.TextColumn("{task.description}", markup=False),
        rich.BarColumn(),
        rich.DownloadColumn(),
        rich.TransferSpeedColumn(),
        rich.TimeRemainingColumn(),
    )
    with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield StoppableProgress(lambda line: bars.console.print(line, markup=False, highlight=False), bars)
