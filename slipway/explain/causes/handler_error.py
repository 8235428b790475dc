"""The handler or the model raises for requests."""

from __future__ import annotations

from slipway.explain.causes.access import failed_for_access
from slipway.explain.causes.memory import failed_for_memory
from slipway.explain.causes.request_records import by_reason, counted, failed_requests, shown
from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding

_FAULT = 500


def handler_raised(evidence: Evidence) -> Finding | None:
    """Find requests that were answered 500."""
    others = [*failed_for_memory(evidence), *failed_for_access(evidence)]
    failures = [one for one in failed_requests(evidence) if one.status == _FAULT and one not in others]
    if not failures:
        return None
    reasons = by_reason(failures)
    return Finding(
        "handler-raised",
        f"The handler or the model failed for {counted(len(failures), evidence)}: {reasons[0].reason}",
        tuple(shown(one) for one in reasons),
        "Mend the handler. Where the request is at fault, let it raise BadRequest, which answers 400 "
        "(docs/serving.md)",
    )
