"""What was measured with one number of clients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from slipway.load.closed_loop import Outcome
from slipway.load.failure import Kind
from slipway.load.latency import Latency, latency_of

_BUSY = 0.8
"""Of one core: Python runs one thread at a time, so from here on requests wait for the client itself."""


@dataclass(frozen=True)
class Window:
    """When was measured, in seconds of `time.perf_counter`."""

    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """How long."""
        return self.end - self.begin


@dataclass(frozen=True)
class ErrorCount:
    """Requests that were not answered, for one reason.

    Parameters
    ----------
    kind, status, code
        See `Failure`.
    count
        How many.
    example
        What was said, for one of them.
    """

    kind: Kind
    status: int | None
    code: str
    count: int
    example: str


@dataclass(frozen=True)
class Stage:
    """The figures of one number of clients.

    Parameters
    ----------
    concurrency
        The number of clients.
    seconds
        How long was measured.
    requests
        How many began in that time.
    answers
        How many of them were answered.
    requests_per_second
        Answers that came in that time, for each second of it.
    latency_ms
        Of the answers; None where there are none.
    errors
        The most frequent first.
    unfinished
        Requests that nobody waited for any more, after Ctrl-C.
    warm_up_requests
        How many began before, and are not counted.
    client_cpu_share
        What this program used of one core, 1.0 for all of it.
    """

    concurrency: int
    seconds: float
    requests: int
    answers: int
    requests_per_second: float
    latency_ms: Latency | None
    errors: tuple[ErrorCount, ...]
    unfinished: int
    warm_up_requests: int
    client_cpu_share: float

    @property
    def client_is_the_limit(self) -> bool:
        """Whether the figures are those of this program rather than of the endpoint."""
        return self.client_cpu_share >= _BUSY


def stage_of(
    concurrency: int, outcomes: Sequence[Outcome], window: Window, *, cpu_seconds: float, unfinished: int
) -> Stage:
    """Return the figures of what was measured.

    Parameters
    ----------
    concurrency
        The number of clients.
    outcomes
        All requests, those of the warm-up, too.
    window
        When was measured.
    cpu_seconds
        What this program used of the processor in that time.
    unfinished
        Requests that are still open.
    """
    measured = [one for one in outcomes if window.begin <= one.began < window.end]
    answered = [one.ended - one.began for one in measured if one.failure is None]
    in_time = sum(one.failure is None and window.begin <= one.ended <= window.end for one in outcomes)
    return Stage(
        concurrency=concurrency,
        seconds=round(window.seconds, 3),
        requests=len(measured) + unfinished,
        answers=len(answered),
        requests_per_second=round(in_time / window.seconds, 2) if window.seconds else 0.0,
        latency_ms=latency_of(answered),
        errors=_errors(measured),
        unfinished=unfinished,
        warm_up_requests=sum(one.began < window.begin for one in outcomes),
        client_cpu_share=round(cpu_seconds / window.seconds, 3) if window.seconds else 0.0,
    )


def _errors(outcomes: Sequence[Outcome]) -> tuple[ErrorCount, ...]:
    failures = [one.failure for one in outcomes if one.failure]
    counted = Counter((failure.kind, failure.status, failure.code) for failure in failures)
    examples = {(failure.kind, failure.status, failure.code): failure.message for failure in reversed(failures)}
    return tuple(ErrorCount(*key, count, examples[key]) for key, count in counted.most_common())
