"""The CloudFormation stacks of an environment, and the endpoints that they tell of."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slipway.cleanup.claims import Claims, stack_descriptions
from slipway.errors import CommandError
from stacks.settings import EnvironmentSettings

Say = Callable[[str], None]

_FAILED = ("CREATE_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
"""States of a stack that runs nothing, and has to be deleted first (CloudFormation API, StackStatus)."""

_STANDS_STILL = "REVIEW_IN_PROGRESS"
"""The one state in progress in which nothing goes on: a change set was made and never carried out."""

_LONGEST = 3600.0
_SECONDS_BETWEEN_LOOKS = 1.0


@dataclass(frozen=True)
class FoundStack:
    """A stack that is there, or was.

    Parameters
    ----------
    name, stack_id
        Of the stack.
    status
        In CloudFormation's words.
    description
        Of its template.
    """

    name: str
    stack_id: str
    status: str
    description: str

    @property
    def is_there(self) -> bool:
        """Whether it was not deleted."""
        return self.status != "DELETE_COMPLETE"

    @property
    def is_moving(self) -> bool:
        """Whether an operation goes on on it."""
        return self.status.endswith("_IN_PROGRESS") and self.status != _STANDS_STILL

    @property
    def is_stuck(self) -> bool:
        """Whether an update of it, or the rollback of one, failed: it may still run, and cannot be deployed."""
        return self.is_there and self.status.endswith("_FAILED") and not self.has_failed

    @property
    def has_failed(self) -> bool:
        """Whether it is what a failed creation or deletion left."""
        return self.status in _FAILED


def all_stacks(cloudformation: Any) -> list[FoundStack]:
    """List every stack of the account and region, with those that were deleted in the last 90 days."""
    pages = cloudformation.get_paginator("list_stacks").paginate()
    return [
        FoundStack(one["StackName"], one["StackId"], one["StackStatus"], one.get("TemplateDescription", ""))
        for page in pages
        for one in page["StackSummaries"]
    ]


def app_stacks(settings: EnvironmentSettings) -> set[str]:
    """Return the names of the stacks that the app defines."""
    names = settings.names
    optional = {names.training_stack: settings.training, names.github_stack: settings.github}
    chosen = {stack for stack, part in optional.items() if part}
    return {names.artifact_stack, *chosen, *(names.endpoint_stack(endpoint) for endpoint in settings.endpoints)}


def stacks_of(claims: Claims, found: list[FoundStack]) -> list[FoundStack]:
    """Return the stacks that are there and are the environment's, by their whole name and their description.

    A description is missing where a change set was never carried out; the name decides then.
    """
    return [one for one in found if one.is_there and one.name in claims.stacks and _is_described(claims, one)]


def _is_described(claims: Claims, stack: FoundStack) -> bool:
    if not stack.description:
        return stack.status == _STANDS_STILL
    return stack.description in stack_descriptions(claims)


def resources_of(cloudformation: Any, stack: FoundStack) -> set[str]:
    """Return the physical ids of what a stack has, in lower case: SageMaker's ARNs are."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack.stack_id)
    return {
        one["PhysicalResourceId"].lower()
        for page in pages
        for one in page["StackResourceSummaries"]
        if one.get("PhysicalResourceId") and one["ResourceStatus"] != "DELETE_COMPLETE"
    }


def wait_until_settled(
    of_environment: Callable[[], list[FoundStack]], say: Say, pause: Callable[[float], None]
) -> list[FoundStack]:
    """Wait until no operation goes on on the environment's stacks; return them.

    Parameters
    ----------
    of_environment
        Lists the stacks anew.
    say
        Hears what is waited for.
    pause
        Called with the seconds between two looks.

    Raises
    ------
    CommandError
        An operation does not come to its end within an hour.
    """
    began, said = time.monotonic(), ""
    while True:
        stacks = of_environment()
        moving = ", ".join(f"{stack.name} ({stack.status})" for stack in stacks if stack.is_moving)
        if not moving:
            return stacks
        if moving != said:
            say(f"waiting for {moving}")
            said = moving
        if time.monotonic() - began > _LONGEST:
            raise CommandError(f"{moving}: no end within an hour. Run the command again once it has ended")
        pause(_SECONDS_BETWEEN_LOOKS)
