"""Why an endpoint is not in service, or why its requests fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slipway.errors import CommandError
from slipway.explain.causes import findings
from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding
from slipway.explain.gathering import Gathering
from slipway.explain.sources.metrics import METRICS
from slipway.explain.sources.reading import Unread
from slipway.explain.where import Place, places
from stacks.settings import EnvironmentSettings


@dataclass(frozen=True)
class Explanation:
    """What is known of an endpoint, and what it means.

    Parameters
    ----------
    evidence
        What AWS told.
    findings
        What is wrong, the gravest first; none of a healthy endpoint.
    places
        Where more is to be read.
    unread
        The sources that could not be read.
    """

    evidence: Evidence
    findings: tuple[Finding, ...]
    places: tuple[Place, ...]
    unread: tuple[Unread, ...]

    @property
    def is_healthy(self) -> bool:
        """Whether the endpoint is in service with what was deployed, and does what it should."""
        return self.evidence.state == "in service" and not any(one.is_fault for one in self.findings)

    @property
    def are_requests_known(self) -> bool:
        """Whether CloudWatch told how many requests came, and how many failed."""
        return not any(one.source == METRICS for one in self.unread)


def explain(
    clients: Callable[[str], Any],
    settings: EnvironmentSettings,
    endpoint: str,
    *,
    since: datetime,
    now: datetime,
) -> Explanation:
    """Ask AWS about an endpoint, and say what its answers mean. Nothing is changed.

    Parameters
    ----------
    clients
        Makes boto3 clients.
    settings
        Of the environment.
    endpoint
        The endpoint's name in the settings.
    since, now
        The time whose requests are looked at.

    Raises
    ------
    CommandError
        When these credentials may read nothing at all.
    """
    gathering = Gathering(clients, settings, endpoint, since=since, now=now)
    evidence, reading = gathering.evidence(), gathering.reading
    if not reading.answered and reading.unread:
        raise CommandError(f"Nothing can be read of endpoint {endpoint!r}: {reading.unread[0].reason}")
    return Explanation(evidence, tuple(findings(evidence)), places(evidence), tuple(reading.unread))
