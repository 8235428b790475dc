"""A role may not do what it has to: which action, on which resource."""

from __future__ import annotations

import re
from typing import NamedTuple

from slipway.explain.causes.matching import Match, first_match, named
from slipway.explain.causes.request_records import RequestFailure, counted, failed_requests, shown
from slipway.explain.causes.start_failure import start_failure
from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding

# Source: IAM User Guide, "Troubleshoot access denied error messages".
_NOT_AUTHORIZED = re.compile(
    r"(?:User: )?(?P<who>arn:\S+?) is not authorized to perform: (?P<action>[\w-]+:\w+)"
    r"(?: on resource: \"?(?P<resource>[^\s\",)]+))?"
)
# SageMaker's own words: FailureReason of endpoints.
_LACKS = re.compile(
    r"role ['\"](?P<who>[^'\"]+)['\"] does not have (?P<action>[\w:]+) permission for the (?P<kind>\w+):?"
    r" ['\"](?P<resource>[^'\"]+)['\"]"
)
_NOT_ASSUMED = re.compile(
    r"(?:Could not assume role|may not assume the role|unable to assume role) '?(?P<who>arn:[^\s'\"]*[^\s'\".,])"
)
_SERVICE_OF = {"image": "ecr", "alarm": "cloudwatch"}


class _Denial(NamedTuple):
    who: str
    action: str
    resource: str | None


def access_denied(evidence: Evidence) -> Finding | None:
    """Find an action that a role of the deployment, or the one of the container, may not do."""
    match = first_match(evidence.said, _NOT_AUTHORIZED, _LACKS, _NOT_ASSUMED)
    if match is None:
        failure = start_failure(evidence)
        match = first_match([failure.quote] if failure else [], _NOT_AUTHORIZED)
    if match is None:
        return None
    denial = _denial(match)
    on = f" on {denial.resource}" if denial.resource else ""
    return Finding(
        "access-denied",
        f"Access denied: {denial.who} may not do {denial.action}{on}",
        (match.quote,),
        _mend(evidence, denial, on),
    )


def handler_denied(evidence: Evidence) -> Finding | None:
    """Find requests that failed because the handler's own calls of AWS are denied."""
    failures = failed_for_access(evidence)
    if not failures:
        return None
    quote = shown(failures[-1])
    match = first_match([quote], _NOT_AUTHORIZED)
    assert match is not None  # noqa: S101 - that is how it was found
    denial = _denial(match)
    on = f" on {denial.resource}" if denial.resource else ""
    return Finding(
        "access-denied",
        f"{counted(len(failures), evidence)} failed: access denied, {denial.who} may not do {denial.action}{on}",
        (quote,),
        _mend(evidence, denial, on),
    )


def failed_for_access(evidence: Evidence) -> list[RequestFailure]:
    """Return the requests whose handler was denied a call of AWS."""
    return [one for one in failed_requests(evidence) if _NOT_AUTHORIZED.search(one.reason)]


def _denial(match: Match) -> _Denial:
    who, action, resource = match.groups["who"], named(match, "action"), named(match, "resource")
    if action is None:
        return _Denial("SageMaker (sagemaker.amazonaws.com)", "sts:AssumeRole", who)
    if ":" not in action:
        action = f"{_SERVICE_OF.get(named(match, 'kind') or '', 'sagemaker')}:{action}"
    return _Denial(who, action, resource)


def _mend(evidence: Evidence, denial: _Denial, on: str) -> str:
    if denial.action == "sts:AssumeRole":
        return f"Let the trust policy of {denial.resource} allow sts:AssumeRole to sagemaker.amazonaws.com"
    role = evidence.subject.settings.execution_role_arn
    if "cfn-exec-role" in denial.who or ":assumed-role/cdk-" in denial.who:
        return (
            f"Allow {denial.action}{on} to the bootstrap's role, by the policies of cdk bootstrap "
            "--cloudformation-execution-policies (docs/permissions.md)"
        )
    if role:
        return f"Allow {denial.action}{on} to your role {role}"
    return (
        f"Allow {denial.action}{on}: for the model's own code by additional_statements in environments/"
        f"{evidence.subject.environment}.yaml; otherwise look for a policy of the resource, a permissions "
        "boundary or a service control policy that refuses it (docs/permissions.md)"
    )
