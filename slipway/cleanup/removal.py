"""Removes what is left of an environment, in an order in which nothing needs what has gone."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.exceptions import ClientError

from slipway.cleanup.finding import Finding
from slipway.cleanup.kinds import KINDS, ResourceKind, images_of, objects_of
from slipway.cleanup.kinds.resource_kind import is_gone
from slipway.cleanup.stacks_found import all_stacks
from slipway.cleanup.survey import Survey
from slipway.cleanup.surveyor import Surveyor
from slipway.errors import CommandError

_ROUNDS = 5
_SECONDS_BETWEEN_LOOKS = 1.0


@dataclass(frozen=True)
class Failure:
    """A removal that AWS refused.

    Parameters
    ----------
    finding
        What it was of.
    reason
        What AWS answered.
    """

    finding: Finding
    reason: str


@dataclass(frozen=True)
class Removal:
    """How a removal ended.

    Parameters
    ----------
    survey
        What is there afterwards.
    removed
        What is gone.
    failures
        What AWS refused in the last round.
    """

    survey: Survey
    removed: tuple[Finding, ...]
    failures: tuple[Failure, ...]


def remove_all(surveyor: Surveyor, survey: Survey) -> Removal:
    """Remove what can be removed, and look again, until nothing is left or nothing more goes.

    A stack takes its resources with it. Where its deletion fails, its resources are removed one by one, and then
    the stack once more.

    Parameters
    ----------
    surveyor
        Looks again.
    survey
        What is there now.
    """
    failures: list[Failure] = []
    seen: dict[tuple[str, str], Finding] = {}
    for _ in range(_ROUNDS):
        before = _removable(survey)
        seen |= {_key(finding): finding for finding in before}
        if not before:
            break
        stuck = set(surveyor.undeletable)
        stacks = [finding for finding in before if finding.resource.kind == "stack"]
        failures = _delete_stacks(surveyor, [one for one in stacks if one.resource.name not in stuck])
        if not failures:
            failures = _remove_each(surveyor, [one for one in before if one.resource.kind != "stack"])
            failures += _delete_stacks(surveyor, [one for one in stacks if one.resource.name in stuck])
        survey = surveyor.survey()
        if _removable(survey) == before and surveyor.undeletable == stuck:
            break
    left = {_key(finding) for finding in survey.findings}
    removed = tuple(finding for key, finding in seen.items() if key not in left)
    return Removal(survey, removed, tuple(one for one in failures if _key(one.finding) in left))


def _key(finding: Finding) -> tuple[str, str]:
    return finding.resource.kind, finding.resource.name


def _removable(survey: Survey) -> list[Finding]:
    return [finding for finding in survey.findings if finding.is_removable]


def _remove_each(surveyor: Surveyor, findings: list[Finding]) -> list[Failure]:
    return [failure for finding in findings if (failure := _removed(surveyor, finding))]


def _removed(surveyor: Surveyor, finding: Finding) -> Failure | None:
    surveyor.say(f"removing the {finding.resource.kind} {finding.resource.name}")
    try:
        _kind_of(finding).remove(surveyor.clients, finding.resource, surveyor.pause)
    except ClientError as error:
        return None if is_gone(error) else Failure(finding, str(error))
    except CommandError as error:
        return Failure(finding, str(error))
    return None


def _kind_of(finding: Finding) -> ResourceKind:
    kinds = {kind.kind: kind for kind in (*KINDS, images_of(set), objects_of(()))}
    return kinds[finding.resource.kind]


def _delete_stacks(surveyor: Surveyor, findings: list[Finding]) -> list[Failure]:
    """Delete stacks, that of the artifacts last; those whose deletion fails are noted with the surveyor."""
    last = surveyor.settings.names.artifact_stack
    failures = []
    for finding in sorted(findings, key=lambda one: one.resource.name == last):
        name = finding.resource.name
        surveyor.say(f"deleting the stack {name}")
        reason = _delete_stack(surveyor, finding)
        surveyor.undeletable.discard(name)
        if reason:
            surveyor.undeletable.add(name)
            failures.append(Failure(finding, reason))
    return failures


def _delete_stack(surveyor: Surveyor, finding: Finding) -> str | None:
    """Delete a stack and wait for its end; return why it is still there."""
    cloudformation = surveyor.clients("cloudformation")
    stack_id = finding.resource.arn
    try:
        cloudformation.delete_stack(StackName=stack_id)
    except ClientError as error:
        return str(error)
    while True:
        found = [stack for stack in all_stacks(cloudformation) if stack.stack_id == stack_id]
        if not found or not found[0].is_there:
            return None
        if not found[0].is_moving:
            told = cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]
            return str(told.get("StackStatusReason", found[0].status))
        surveyor.pause(_SECONDS_BETWEEN_LOOKS)
