"""What CloudFormation did last to the endpoint's stack, also where it was rolled back or deleted since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from slipway.explain.sources.reading import Reading

EVENTS = "CloudFormation, DescribeStackEvents"
RESOURCES = "CloudFormation, DescribeStackResources"
_STACK = "AWS::CloudFormation::Stack"
_MOST_EVENTS = 500  # a page has up to 100
_MOST_DELETED_STACKS = 1000
_STARTS = {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS"}
_NO_STACK = "does not exist"


@dataclass(frozen=True)
class Failure:
    """A resource that an operation on the stack failed at.

    Parameters
    ----------
    logical_id, resource_type
        As in the template.
    reason
        In CloudFormation's words, which quote those of the service.
    """

    logical_id: str
    resource_type: str
    reason: str


@dataclass(frozen=True)
class StackOperation:
    """The last creation or update of a stack.

    Parameters
    ----------
    stack_id
        The stack's ARN.
    status
        In CloudFormation's words, after what followed from the operation, its rollback for one.
    began, ended
        When; `ended` is None while it goes on.
    failures
        Of the resources, the first one first.
    deletion
        How far the stack was deleted afterwards, in CloudFormation's words; None where it was not.
    deletion_failures
        Of the resources that could not be deleted.
    """

    stack_id: str
    status: str
    began: datetime
    ended: datetime | None
    failures: tuple[Failure, ...]
    deletion: str | None = None
    deletion_failures: tuple[Failure, ...] = ()

    @property
    def is_deleted(self) -> bool:
        """Whether it was deleted afterwards, or is being deleted."""
        return self.deletion is not None

    @property
    def has_failed(self) -> bool:
        """Whether what was asked for was not done."""
        is_failing = self.ended is None and bool(self.failures)
        return is_failing or "ROLLBACK" in self.status or self.status.endswith("_FAILED")


@dataclass(frozen=True)
class StackResources:
    """What the stack has now.

    Parameters
    ----------
    endpoint_config
        The name of the deployed endpoint config, in lower case as in its ARN; None where there is none.
    alarms
        The names of its CloudWatch alarms.
    """

    endpoint_config: str | None = None
    alarms: tuple[str, ...] = ()


def last_operation(reading: Reading, cloudformation: Any, stack: str) -> StackOperation | None:
    """Read what was last done to a stack; None where it never was there, or is only in review.

    Notes
    -----
    Sources: CloudFormation API, DescribeStackEvents (events of a deleted stack are had by its id, for 90 days) and
    ListStacks.
    """
    events = reading.read(EVENTS, lambda: _events(cloudformation, stack), None, _NO_STACK)
    if events is None and not reading.is_refused(EVENTS):
        source = "CloudFormation, ListStacks"
        stack_id = reading.read(source, lambda: _deleted_stack(cloudformation, stack), None)
        if stack_id:
            events = reading.read(EVENTS, lambda: _events(cloudformation, stack_id), None, _NO_STACK)
    return _operation(events) if events else None


def stack_resources(reading: Reading, cloudformation: Any, stack: str) -> StackResources:
    """Read what a stack has (CloudFormation API, DescribeStackResources: up to 100, and all of such a stack)."""
    found: list[dict[str, Any]] = reading.read(
        RESOURCES,
        lambda: cloudformation.describe_stack_resources(StackName=stack)["StackResources"],
        [],
        _NO_STACK,
    )
    here = [one for one in found if one.get("PhysicalResourceId") and "DELETE" not in one["ResourceStatus"]]
    configs = [one for one in here if one["ResourceType"] == "AWS::SageMaker::EndpointConfig"]
    alarms = [one for one in here if one["ResourceType"] == "AWS::CloudWatch::Alarm"]
    return StackResources(
        configs[0]["PhysicalResourceId"].rpartition("/")[2].lower() if configs else None,
        tuple(one["PhysicalResourceId"] for one in alarms),
    )


def _events(cloudformation: Any, stack: str) -> list[dict[str, Any]]:
    """Return the newest events, the newest first."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    return list(islice((event for page in pages for event in page["StackEvents"]), _MOST_EVENTS))


def _deleted_stack(cloudformation: Any, stack: str) -> str | None:
    pages = cloudformation.get_paginator("list_stacks").paginate(StackStatusFilter=["DELETE_COMPLETE"])
    every = islice((one for page in pages for one in page["StackSummaries"]), _MOST_DELETED_STACKS)
    named = [one for one in every if one["StackName"] == stack]
    newest = max(named, key=lambda one: one.get("DeletionTime", one["CreationTime"]), default=None)
    return str(newest["StackId"]) if newest else None


def _operation(newest_first: Iterable[dict[str, Any]]) -> StackOperation | None:
    """Return the last operation but deletions, from the events of a stack."""
    events: list[dict[str, Any]] = []
    deletion: list[dict[str, Any]] = []
    for event in newest_first:
        events.append(event)
        if not _is_of_stack(event):
            continue
        if event["ResourceStatus"] in _STARTS:
            return _described(events, deletion)
        if event["ResourceStatus"] == "DELETE_IN_PROGRESS":
            deletion = deletion or events  # the last one, where it was tried again
            events = []
    return None


def _described(newest_first: list[dict[str, Any]], deletion: list[dict[str, Any]]) -> StackOperation:
    start = newest_first[-1]
    last = _last_of_stack(newest_first)
    goes_on = last["ResourceStatus"].endswith("_IN_PROGRESS") and "CLEANUP" not in last["ResourceStatus"]
    return StackOperation(
        stack_id=start["StackId"],
        status=last["ResourceStatus"],
        began=start["Timestamp"],
        ended=None if goes_on else last["Timestamp"],
        failures=tuple(_failures(reversed(newest_first))),
        deletion=_last_of_stack(deletion)["ResourceStatus"] if deletion else None,
        deletion_failures=tuple(_failures(reversed(deletion))),
    )


def _last_of_stack(newest_first: list[dict[str, Any]]) -> dict[str, Any]:
    return next(event for event in newest_first if _is_of_stack(event))


def _failures(oldest_first: Iterable[dict[str, Any]]) -> Iterator[Failure]:
    for event in oldest_first:
        reason = event.get("ResourceStatusReason", "")
        is_cause = event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in reason.lower()
        if is_cause and reason and not _is_of_stack(event):
            yield Failure(event["LogicalResourceId"], event["ResourceType"], reason)


def _is_of_stack(event: dict[str, Any]) -> bool:
    return bool(event["ResourceType"] == _STACK and event["PhysicalResourceId"] == event["StackId"])
