"""Asks a server through the load generator, and sums up its answers."""

from __future__ import annotations

import base64
import json
import statistics
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_GENERATOR = Path(__file__).with_name("load.py")
_NO_LIMIT = 10**9
JSON, NPY = "application/json", "application/x-npy"


@dataclass(frozen=True)
class Request:
    """A request, always the same.

    Parameters
    ----------
    body
        The body.
    content_type
        Of the body, and of the answer that is wanted.
    """

    body: bytes
    content_type: str = JSON

    @property
    def headers(self) -> dict[str, str]:
        """The headers that a client of SageMaker sends."""
        return {"Content-Type": self.content_type, "Accept": self.content_type}


@dataclass(frozen=True)
class Sample:
    """What one run of the generator measured.

    Parameters
    ----------
    rate
        Answers in a second.
    p50, p99
        What half of the answers, and 99 of 100, took at most; in milliseconds.
    count
        Answers.
    """

    rate: float
    p50: float
    p99: float
    count: int


def measure(
    port: int,
    request: Request,
    clients: int,
    *,
    path: str = "/invocations",
    seconds: float = 3600.0,
    requests: int = _NO_LIMIT,
) -> Sample:
    """Send requests for some time, or a number of them.

    Parameters
    ----------
    port, path
        Where the server answers, on 127.0.0.1.
    request
        What is asked.
    clients
        Connections at once.
    seconds, requests
        How long, and how many at most; whichever ends first.
    """
    asked = {
        "port": port,
        "path": path,
        "headers": request.headers,
        "body": base64.b64encode(request.body).decode(),
        "clients": clients,
        "seconds": seconds,
        "requests": requests,
    }
    done = subprocess.run(
        [sys.executable, str(_GENERATOR)], input=json.dumps(asked), capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"the load generator failed on port {port}{path}: {done.stderr}")
    told = json.loads(done.stdout)
    took = sorted(told["took"])
    return Sample(len(took) / told["wall"], _percentile(took, 0.5), _percentile(took, 0.99), len(took))


def medians(samples: Mapping[str, list[Sample]]) -> dict[str, Sample]:
    """Return, for each name, the median of each figure."""
    return {
        name: Sample(
            *(
                statistics.median(getattr(sample, figure) for sample in several)
                for figure in ("rate", "p50", "p99")
            ),
            sum(sample.count for sample in several),
        )
        for name, several in samples.items()
    }


def _percentile(took: list[float], part: float) -> float:
    return took[min(len(took) - 1, int(len(took) * part))] * 1000
