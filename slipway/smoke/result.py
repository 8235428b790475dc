"""What came of one check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "answered", "differs", "failed", "skipped"]
"""`ok`: the expected answer. `answered`: the sample expects none in particular. `differs`: another answer.
`failed`: no answer. `skipped`: nothing was sent."""


@dataclass(frozen=True)
class Result:
    """One check.

    Parameters
    ----------
    endpoint
        The endpoint's name in the settings.
    endpoint_name
        The SageMaker endpoint that answered; None where none did.
    variant
        The variant that was to answer.
    sample
        The sample's name; None where nothing could be sent.
    verdict
        In one word.
    reason
        What differs, failed or stood in the way; None where all is well.
    milliseconds
        From the request to the whole answer; None where nothing was sent.
    """

    endpoint: str
    endpoint_name: str | None
    variant: str
    sample: str | None
    verdict: Verdict
    reason: str | None = None
    milliseconds: float | None = None

    @property
    def is_bad(self) -> bool:
        """Whether the endpoint does not answer as it should."""
        return self.verdict in {"differs", "failed"}
