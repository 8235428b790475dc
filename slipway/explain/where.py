"""Where to look further, and the commands that a mend names."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime

from slipway.defaults import LOCAL_ENVIRONMENT
from slipway.explain.evidence import Evidence, Subject


@dataclass(frozen=True)
class Place:
    """Where more is to be read.

    Parameters
    ----------
    what, name
        As AWS calls it.
    command
        Shows it.
    """

    what: str
    name: str
    command: str


def deploy_command(subject: Subject, verb: str = "deploy", *options: str) -> str:
    """Return the command of the CDK CLI for an endpoint's stack."""
    words = ["cdk", verb, subject.stack, "-c", f"env={subject.environment}", *options]
    return shlex.join([*_prefix(subject), *words])


def aws_command(subject: Subject, *words: str) -> str:
    """Return a command of the AWS CLI in an endpoint's region."""
    return shlex.join([*_prefix(subject), "aws", *words, "--region", subject.region])


def places(evidence: Evidence) -> tuple[Place, ...]:
    """Return where more is to be read of an endpoint; a log group that is known to be gone is left out."""
    subject, operation = evidence.subject, evidence.operation
    found: list[Place] = []
    if evidence.written.is_there is not False:
        since = f"{_begin(evidence):%Y-%m-%dT%H:%M:%SZ}"
        command = ["slipway", "logs", subject.endpoint, "--env", subject.environment, "--since", since]
        found.append(Place("log group", subject.log_group, shlex.join(command)))
    if operation:
        stack = operation.stack_id if operation.is_deleted else subject.stack
        events = aws_command(subject, "cloudformation", "describe-stack-events", "--stack-name", stack)
        found.append(Place("stack", subject.stack, events))
    if evidence.live:
        name = subject.endpoint_name
        described = aws_command(subject, "sagemaker", "describe-endpoint", "--endpoint-name", name)
        found.append(Place("endpoint", name, described))
    return tuple(found)


def _begin(evidence: Evidence) -> datetime:
    """Return from when on the log tells of what is wrong."""
    if evidence.state == "in service":
        return evidence.since
    if evidence.operation:
        return evidence.operation.began
    return evidence.live.began if evidence.live else evidence.since


def _prefix(subject: Subject) -> list[str]:
    return ["slipway", "local", "run", "--"] if subject.environment == LOCAL_ENVIRONMENT else []
