"""There is no endpoint: it was never deployed, it was destroyed, or somebody deleted it by other means."""

from __future__ import annotations

from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding, Quote
from slipway.explain.sources.stack import StackOperation
from slipway.explain.where import deploy_command

_NOT_DELETED = "DELETE_FAILED"


def never_deployed(evidence: Evidence) -> Finding | None:
    """Find an endpoint that nobody deployed, or that was destroyed with its stack."""
    if evidence.state != "not deployed":
        return None
    subject, operation = evidence.subject, evidence.operation
    if operation is None:
        summary = f"{subject.endpoint} is not deployed in environment {subject.environment}: "
        summary += f"there is no stack {subject.stack}"
    elif operation.deletion == _NOT_DELETED:
        return _deletion_failed(evidence, operation)
    else:
        summary = f"{subject.endpoint} was destroyed: its stack {subject.stack} is in {operation.deletion}"
    return Finding("not-deployed", summary, (), f"Deploy it: {deploy_command(subject)}")


def _deletion_failed(evidence: Evidence, operation: StackOperation) -> Finding:
    subject, failures = evidence.subject, operation.deletion_failures
    left = ", ".join(f"{one.logical_id} ({one.resource_type})" for one in failures) or "some resources"
    return Finding(
        "deletion-failed",
        f"{subject.endpoint} was destroyed, but its stack {subject.stack} could not delete {left}",
        tuple(Quote(f"CloudFormation, {one.logical_id}", one.reason) for one in failures),
        f"Mend what the reason names, and destroy it again: {deploy_command(subject, 'destroy')}",
    )


def deleted_by_other_means(evidence: Evidence) -> Finding | None:
    """Find an endpoint that its stack has, and SageMaker has not."""
    if evidence.state != "deleted":
        return None
    subject = evidence.subject
    return Finding(
        "deleted-by-other-means",
        f"There is no endpoint {subject.endpoint_name}, although the stack {subject.stack} has it: "
        "somebody deleted it by other means",
        (),
        f"Destroy the stack and deploy it again: {deploy_command(subject, 'destroy')}; {deploy_command(subject)}",
    )
