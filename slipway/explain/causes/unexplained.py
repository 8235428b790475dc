"""What no other cause explains is quoted as AWS says it."""

from __future__ import annotations

from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding, Quote
from slipway.explain.where import deploy_command

_LOOK = "Look where the commands below lead"
_SHOWN = 5
_MOST_ENDS = 3


def still_changing(evidence: Evidence) -> Finding | None:
    """Tell of a change that goes on, and in which nothing has gone wrong yet."""
    if evidence.state != "changing":
        return None
    live, operation = evidence.live, evidence.operation
    if live:
        known = f" is {live.status} since {live.changed:%Y-%m-%dT%H:%M:%SZ}"
    else:
        known = f": its stack is in {operation.status}" if operation else ""
    return Finding(
        "still-changing",
        f"{evidence.subject.endpoint_name}{known}, and nothing has failed yet",
        (*evidence.said, *_ends(evidence)),
        f"Wait, and see slipway status {evidence.subject.endpoint} --env {evidence.subject.environment}",
    )


def not_known(evidence: Evidence) -> Finding | None:
    """Say that nobody would tell whether there is an endpoint."""
    if evidence.state != "unknown":
        return None
    return Finding(
        "not-known",
        f"Neither SageMaker nor CloudFormation tells whether {evidence.subject.endpoint_name} is there",
        (),
        "Ask with credentials that may read what is listed as unread (docs/explain.md, Permissions)",
    )


def quoted(evidence: Evidence) -> Finding:
    """Quote the first that was said."""
    said = evidence.said
    subject = evidence.subject
    if evidence.state == "in service":
        summary = f"{subject.endpoint_name} is in service, but its last change failed"
    elif evidence.state == "rolled back":
        summary = f"SageMaker took the last update of {subject.endpoint_name} back"
    else:
        status = evidence.operation.status if evidence.operation else ""
        status = evidence.live.status if evidence.live and evidence.live.status != "InService" else status
        summary = f"{subject.endpoint_name}: {status}"
    summary += f". AWS says: {said[0].text}" if said else ". AWS gives no reason"
    return Finding(
        "as-aws-says",
        summary,
        (*said, *_ends(evidence)),
        f"{_LOOK}; once it is mended: {deploy_command(subject)}",
        is_fault=evidence.state != "in service",
    )


def _ends(evidence: Evidence) -> list[Quote]:
    """Quote the last lines of the newest streams."""
    streams: dict[str, list[str]] = {}
    for line in evidence.written.tails:
        streams.setdefault(line.stream, []).append(line.text)
    return [Quote(stream, "\n".join(lines[-_SHOWN:])) for stream, lines in list(streams.items())[:_MOST_ENDS]]
