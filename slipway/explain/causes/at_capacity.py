"""More requests come than the endpoint answers."""

from __future__ import annotations

import re

from slipway.explain.causes.request_records import by_reason, counted, failed_requests, shown
from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding, Quote
from stacks.settings import ServerlessHosting

_UNAVAILABLE = 503
_FULL = re.compile(r"requests wait for the model already|was busy with other requests")


def at_capacity(evidence: Evidence) -> Finding | None:
    """Find requests that were refused because too many others waited."""
    failures = [
        one for one in failed_requests(evidence) if one.status == _UNAVAILABLE and _FULL.search(one.reason)
    ]
    share = evidence.metrics.concurrency
    is_throttled = share is not None and share >= 1
    if not failures and not is_throttled:
        return None
    quotes = [shown(one) for one in by_reason(failures)]
    if is_throttled:
        text = f"{share:.0%} of max_concurrency was in use; SageMaker throttles what comes beyond"
        quotes.append(Quote("CloudWatch, ServerlessConcurrentExecutionsUtilization", text))
    refused = f"the container refused {counted(len(failures), evidence)}, because it was busy" if failures else ""
    throttled = "all of max_concurrency was in use" if is_throttled else ""
    return Finding(
        "at-capacity",
        f"The endpoint is at its capacity: {'; '.join(one for one in (refused, throttled) if one)}",
        tuple(quotes),
        _mend(evidence),
    )


def _mend(evidence: Evidence) -> str:
    hosting = evidence.subject.settings.hosting
    if isinstance(hosting, ServerlessHosting):
        return f"Raise max_concurrency (it is {hosting.max_concurrency}), or host on instances with autoscaling"
    return (
        "Raise initial_instance_count or autoscale (docs/hosting.md, Autoscaling), choose a larger instance_type, "
        "or let serving.batch in model.yaml predict for several requests at once"
    )
