"""CloudWatch counts 5xx answers that no record of a server explains."""

from __future__ import annotations

from slipway.explain.causes.start_failure import start_failure
from slipway.explain.causes.time_out import timed_out
from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding, Quote


def unexplained_errors(evidence: Evidence) -> Finding | None:
    """Find 5xx answers of which the log has no record, and quote the traceback that it may have."""
    written, measured = evidence.written, evidence.metrics
    explained = bool(
        written.failed_requests or written.ended_workers or written.large_answers or timed_out(evidence)
    )
    if not measured.server_errors or explained:
        return None
    failure = start_failure(evidence)
    summary = f"{measured.server_errors} of {measured.requests} requests were answered 5xx"
    counts = Quote("CloudWatch, Invocation5XXErrors", summary)
    if failure is None:
        return Finding(
            "server-errors",
            f"{summary}, and the container's log does not say why",
            (counts,),
            "Send one such request by slipway invoke, whose answer has the reason; a handler may answer 5xx by "
            "itself",
        )
    return Finding(
        "server-errors", f"{summary}; the log has: {failure.reason}", (counts, failure.quote), "Mend the handler"
    )
