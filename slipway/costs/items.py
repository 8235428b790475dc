"""What AWS puts a price on, as far as an environment of Slipway uses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "real-time-instance",
    "async-instance",
    "serverless-duration",
    "provisioned-concurrency",
    "provisioned-duration",
    "endpoint-volume",
    "s3-storage",
]

UNITS: dict[Kind, str] = {
    "real-time-instance": "hour",
    "async-instance": "hour",
    "serverless-duration": "second",
    "provisioned-concurrency": "second",
    "provisioned-duration": "second",
    "endpoint-volume": "GB-month",
    "s3-storage": "GB-month",
}
"""What a price is for."""

_WORDS: dict[Kind, str] = {
    "real-time-instance": "{} for real-time inference",
    "async-instance": "{} for asynchronous inference",
    "serverless-duration": "serverless inference with {} MB",
    "provisioned-concurrency": "provisioned concurrency with {} MB",
    "provisioned-duration": "serverless inference on provisioned concurrency with {} MB",
    "endpoint-volume": "storage volumes of endpoints",
    "s3-storage": "storage in S3",
}


@dataclass(frozen=True, order=True)
class Item:
    """One thing with a price.

    Parameters
    ----------
    kind
        What is billed.
    name
        The instance type, or the memory in MB; empty where the kind says it all.
    """

    kind: Kind
    name: str = ""

    @property
    def unit(self) -> str:
        """What a price is for: hour, second or GB-month."""
        return UNITS[self.kind]

    def __str__(self) -> str:
        return _WORDS[self.kind].format(self.name)
