"""Requests or answers are larger than the server or SageMaker takes."""

from __future__ import annotations

from slipway.explain.causes.request_records import by_reason, counted, failed_requests, shown
from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding, Quote

_TOO_LARGE = 413
_SMALLER = "send NPY or compressed images in place of JSON, or use asynchronous hosting, which takes 1 GB from S3"


def request_too_large(evidence: Evidence) -> Finding | None:
    """Find requests that the server refused for their size; those that SageMaker refused never reach a log."""
    failures = [one for one in failed_requests(evidence) if one.status == _TOO_LARGE]
    if not failures:
        return None
    return Finding(
        "payload-too-large",
        f"{counted(len(failures), evidence)} had too large a body: {failures[-1].reason}",
        tuple(shown(one) for one in by_reason(failures)),
        f"Raise serving.max_body_bytes in model.yaml, as far as SageMaker lets a body through (6 MB; serverless 4 "
        f"MB); beyond that, {_SMALLER} (docs/hosting.md)",
        is_fault=False,
    )


def answer_too_large(evidence: Evidence) -> Finding | None:
    """Find answers that SageMaker does not pass on."""
    lines = evidence.written.large_answers
    if not lines:
        return None
    largest = max(int((line.record or {})["bytes_out"]) for line in lines)
    return Finding(
        "answer-too-large",
        f"{counted(len(lines), evidence)} got an answer that SageMaker does not pass on, of up to {largest} bytes",
        (Quote(lines[-1].stream, lines[-1].text),),
        f"Let output_fn answer less, or {_SMALLER} (docs/hosting.md)",
    )
