"""What a trial measured."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class SampleReport:
    """One sample.

    Parameters
    ----------
    name
        Of the sample.
    status
        HTTP status of the answer; None where none came.
    latency_s
        Seconds from the request to its whole answer.
    request_bytes, response_bytes
        Sizes of the bodies.
    ok
        Whether the answer is as it should be, and within the limits of the hosting.
    """

    name: str
    status: int | None
    latency_s: float
    request_bytes: int
    response_bytes: int
    ok: bool


@dataclass(frozen=True)
class Report:
    """A trial that passed.

    Parameters
    ----------
    container
        The container that the package is for.
    hosting
        How it is to be hosted, which sets the limits; None where that is not known.
    started_after_s
        Seconds from the start of the server until it was ready.
    memory_bytes
        The most that the server's processes had, between requests: proportional set size where the system tells
        it (Linux), else resident set size.
    samples
        In the order in which they were sent.
    notes
        What was different from the hosting on AWS.
    """

    container: str
    hosting: str | None
    started_after_s: float
    memory_bytes: int
    samples: tuple[SampleReport, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON can express it."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Report":
        """Read what `to_json` gave."""
        samples = tuple(SampleReport(**sample) for sample in content["samples"])
        return cls(**{**content, "samples": samples, "notes": tuple(content["notes"])})

    def lines(self) -> list[str]:
        """Return the report for people: the start, each sample, each note."""
        start = f"ready after {self.started_after_s:.1f} s, {self.memory_bytes / 1e6:.0f} MB of memory"
        samples = [
            f"{sample.name}: {sample.status} after {1000 * sample.latency_s:.1f} ms, "
            f"{sample.request_bytes} bytes in, {sample.response_bytes} bytes out"
            for sample in self.samples
        ]
        return [start, *samples, *self.notes]
