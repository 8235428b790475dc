"""How far a load is: a bar on a terminal, a line for each number of clients where stderr is piped."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING, Any

from slipway.console import say
from slipway.load.closed_loop import Outcome
from slipway.load.measurement import Plan, Watcher

if TYPE_CHECKING:
    from rich.progress import Progress

_LATEST = 500
"""Answers whose median is shown: looking at more would take time from the clients."""


@contextmanager
def load_display(plan: Plan) -> Iterator[Watcher]:
    """Show progress on stderr."""
    if not sys.stderr.isatty():
        yield _Lines(plan)
        return
    from rich import progress as rich  # noqa: PLC0415 (it takes a while)
    from rich.console import Console  # noqa: PLC0415

    columns = (
        rich.TextColumn("{task.description}", markup=False),
        rich.BarColumn(bar_width=20),
        rich.TimeRemainingColumn(),
        rich.TextColumn("{task.fields[figures]}", markup=False),
    )
    with rich.Progress(*columns, console=Console(stderr=True)) as bars:
        yield _Bars(plan, bars)


class _Lines:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def begin(self, concurrency: int) -> None:
        say(f"{_clients(concurrency)}: {self._plan.warm_up:g} s of warm-up, {self._plan.seconds:g} s")

    def look(self, seconds: float, outcomes: Sequence[Outcome]) -> None:
        """Say nothing: a line for each look would be too many."""


class _Bars:
    def __init__(self, plan: Plan, bars: Progress) -> None:
        self._total = plan.warm_up + plan.seconds
        self._bars = bars
        self._task: Any = None
        self._looked_at = self._errors = 0

    def begin(self, concurrency: int) -> None:
        self._looked_at = self._errors = 0
        self._task = self._bars.add_task(_clients(concurrency), total=self._total, figures="")

    def look(self, seconds: float, outcomes: Sequence[Outcome]) -> None:
        new = outcomes[self._looked_at :]
        self._looked_at += len(new)
        self._errors += sum(one.failure is not None for one in new)
        figures = f"{self._looked_at / seconds:.0f} requests/s{_latency(outcomes)}, {self._errors} errors"
        self._bars.update(self._task, completed=min(seconds, self._total), figures=figures)


def _clients(number: int) -> str:
    return f"{number} client{'' if number == 1 else 's'}"


def _latency(outcomes: Sequence[Outcome]) -> str:
    latest = [one.ended - one.began for one in outcomes[-_LATEST:] if one.failure is None]
    return f", {1000 * median(latest):.1f} ms" if latest else ""
