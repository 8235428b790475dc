"""Clients send what the handler does not take."""

from __future__ import annotations

from slipway.explain.causes.request_records import by_reason, counted, failed_requests, shown
from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding

_TOO_LARGE = 413
_CLIENT_ERRORS = range(400, 500)


def requests_refused(evidence: Evidence) -> Finding | None:
    """Find requests that were answered 4xx, but for their size."""
    failures = [
        one for one in failed_requests(evidence) if one.status in _CLIENT_ERRORS and one.status != _TOO_LARGE
    ]
    if not failures:
        return None
    reasons = by_reason(failures)
    return Finding(
        "requests-refused",
        f"The container refused {counted(len(failures), evidence)} as the clients' fault: {reasons[0].reason}",
        tuple(shown(one) for one in reasons),
        "Mend the clients: the reason stands in the answer that they got",
        is_fault=False,
    )
