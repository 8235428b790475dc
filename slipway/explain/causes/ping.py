"""The container never answered its health check."""

from __future__ import annotations

import re

from slipway.explain.causes.matching import first_match
from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding, Quote
from slipway.explain.where import deploy_command
from stacks.settings import ServerlessHosting

# Source: FailureReason of endpoints, as in github.com/aws/sagemaker-python-sdk, issue 4115; the second as users of
# serverless endpoints report it.
_NO_PING = re.compile(r"did not pass the ping health check|stand up your model within the allotted")
_LAST_OUTPUT = re.compile(r"The container's last output: (?P<line>.+)", re.DOTALL)
_SHOWN = 5


def never_pinged(evidence: Evidence) -> Finding | None:
    """Find a container that was started and did not get ready, for a reason that its log does not tell."""
    match = first_match(evidence.said, _NO_PING)
    if match is None:
        return None
    last = _LAST_OUTPUT.search(match.quote.text)
    newest = evidence.written.tails[0].stream if evidence.written.tails else None
    lines = [line.text for line in evidence.written.tails if line.stream == newest][-_SHOWN:]
    quotes = (match.quote, *([Quote(newest, "\n".join(lines))] if newest else []))
    if last or lines:
        said_last = last["line"] if last else lines[-1]
        summary = f"The container never answered /ping; the last that it wrote is: {said_last}"
        mend = (
            f"If it was still loading the model, give it longer: {_longer(evidence)}. If it hung, mend the handler"
        )
    elif evidence.written.is_there is False:
        summary = (
            "The container never answered /ping; what it wrote went with the log group when the stack rolled back"
        )
        command = deploy_command(evidence.subject, "deploy", "--no-rollback")
        mend = (
            f"Keep the log and ask again: {command}, then slipway explain; and try the package here, with "
            "slipway package or slipway inspect"
        )
    else:
        summary = "The container never answered /ping and wrote nothing, or nothing that could be read"
        mend = (
            "See that the image is for the processor of the host and starts a server on port 8080, and that the "
            "role may do logs:CreateLogStream and logs:PutLogEvents"
        )
    return Finding("never-answered-ping", summary, quotes, mend)


def _longer(evidence: Evidence) -> str:
    hosting = evidence.subject.settings.hosting
    if isinstance(hosting, ServerlessHosting):
        return "serverless hosting has 3 minutes and no more, so make the model smaller or host on instances"
    seconds = hosting.container_startup_health_check_timeout_in_seconds
    known = f"it is {seconds}" if seconds else "left out, it is SageMaker's own"
    return f"container_startup_health_check_timeout_in_seconds ({known}, 3600 is the most)"
