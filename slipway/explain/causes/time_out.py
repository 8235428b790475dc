"""Predictions take longer than the server or SageMaker waits."""

from __future__ import annotations

from slipway.explain.causes.request_records import TIMED_OUT, by_reason, counted, failed_requests, shown
from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding, Quote
from stacks.settings import AsyncHosting

_LONGEST = 60.0  # seconds; SageMaker Runtime API, InvokeEndpoint
_ALMOST = 0.5  # seconds; where the clock of the metric starts differs a little


def timed_out(evidence: Evidence) -> Finding | None:
    """Find requests that were given up."""
    failures = [one for one in failed_requests(evidence) if one.status == TIMED_OUT]
    slowest = evidence.metrics.slowest
    is_async = isinstance(evidence.subject.settings.hosting, AsyncHosting)
    by_sagemaker = not is_async and slowest is not None and slowest >= _LONGEST - _ALMOST
    if not failures and not (by_sagemaker and evidence.metrics.server_errors):
        return None
    quotes = [shown(one) for one in by_reason(failures)]
    if slowest is not None:
        quotes.append(Quote("CloudWatch, ModelLatency", f"the slowest answer took {slowest:.1f} s"))
    summary = (
        f"{counted(len(failures), evidence)} timed out in the container"
        if failures
        else "Requests timed out: SageMaker waits 60 s for the container, and no longer"
    )
    return Finding("timed-out", summary, tuple(quotes), _mend(is_async=is_async))


def _mend(*, is_async: bool) -> str:
    faster = "Make the prediction faster: smaller batches, another instance_type, a GPU"
    if is_async:
        return f"{faster}; or raise serving.request_timeout in model.yaml and invocation_timeout_in_seconds"
    return (
        f"{faster}. serving.request_timeout in model.yaml may go up to the 60 s that SageMaker waits; what takes "
        "longer wants asynchronous hosting (docs/hosting.md)"
    )
