"""The result of a load, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from slipway.load.request import LoadRequest
from slipway.load.stage import Stage


@dataclass(frozen=True)
class LoadResult:
    """What was measured.

    Parameters
    ----------
    environment, endpoint, endpoint_name
        What was asked: the endpoint's name in the settings, and that of the SageMaker endpoint at the begin.
    started
        When, in ISO 8601.
    request
        What was sent.
    first_request_ms
        What the first request took, in milliseconds: it is not among the others.
    seconds, warm_up_seconds
        What was asked for.
    is_interrupted
        Whether Ctrl-C ended it.
    stages
        One for each number of clients.
    """

    environment: str
    endpoint: str
    endpoint_name: str
    started: str
    request: LoadRequest
    first_request_ms: float
    seconds: float
    warm_up_seconds: float
    is_interrupted: bool
    stages: tuple[Stage, ...]

    @property
    def has_answers(self) -> bool:
        """Whether there is anything to show."""
        return any(stage.answers for stage in self.stages)

    def to_json(self) -> dict[str, Any]:
        """Return the result as JSON can express it."""
        request = self.request.request
        return {
            "environment": self.environment,
            "endpoint": self.endpoint,
            "endpoint_name": self.endpoint_name,
            "started": self.started,
            "loop": "closed",
            "request": {
                "source": self.request.source,
                "content_type": request.content_type,
                "bytes": len(request.body),
            },
            "first_request_ms": self.first_request_ms,
            "seconds": self.seconds,
            "warm_up_seconds": self.warm_up_seconds,
            "interrupted": self.is_interrupted,
            "stages": [{**asdict(one), "client_is_the_limit": one.client_is_the_limit} for one in self.stages],
        }

    def table(self) -> Table:
        """Return a line of figures for each number of clients."""
        table = Table(box=None, pad_edge=False)
        for name in ("clients", "requests/s", "p50 ms", "p95 ms", "p99 ms", "max ms", "answers", "errors"):
            table.add_column(name, justify="right")
        for stage in self.stages:
            took = stage.latency_ms
            times = [f"{one:.1f}" for one in (took.p50, took.p95, took.p99, took.max)] if took else ["-"] * 4
            errors = str(sum(error.count for error in stage.errors))
            table.add_row(
                str(stage.concurrency), f"{stage.requests_per_second:.1f}", *times, str(stage.answers), errors
            )
        return table

    def notes(self) -> Iterator[str]:
        """Yield what there is to say beside the figures."""
        for stage in self.stages:
            clients = f"{stage.concurrency} client{'' if stage.concurrency == 1 else 's'}"
            if stage.seconds and not stage.requests:
                yield f"{clients}: no request began in the measured {stage.seconds:g} s; give it more --seconds"
            for error in stage.errors:
                status = "" if error.status is None else f" ({error.status})"
                yield f"{clients}: {error.count} of {error.kind}{status}: {error.example}"
            if stage.unfinished:
                yield f"{clients}: {stage.unfinished} requests were still open"
            if stage.client_is_the_limit:
                yield (
                    f"{clients}: this program used {stage.client_cpu_share:.0%} of a core, so that the figures "
                    "are its own rather than the endpoint's: spread the clients over several machines"
                )
