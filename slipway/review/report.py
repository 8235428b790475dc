"""What a review says: the data, before it is put into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from slipway.review.assembly import Stack
from slipway.review.changes import ResourceChange
from slipway.review.cost import CostChange
from slipway.review.findings import Finding
from slipway.review.git import Revisions
from slipway.review.models import ModelChange
from slipway.review.policy_diff import PolicyChange
from slipway.review.property_diff import ValueChange

Presence = Literal["both", "added", "removed"]
"""On which sides something is: on both, in the head alone, in the base alone."""


@dataclass(frozen=True)
class StackReview:
    """A stack that changes.

    Parameters
    ----------
    name
        As CloudFormation knows it.
    part
        The part of the environment: an endpoint's name, `artifacts`, `training`.
    presence
        A stack that only the base has is not deleted by a deployment.
    resources
        What changes of it; none of a stack that only the base has.
    others
        What changes beside the resources: outputs, parameters, the protection against deletion.
    place
        Of a stack that only the base has: the account and the region where it stays.
    """

    name: str
    part: str
    presence: Presence
    resources: tuple[ResourceChange, ...] = ()
    others: tuple[ValueChange, ...] = ()
    place: str = ""


@dataclass(frozen=True)
class EnvironmentReview:
    """What changes in one environment.

    Parameters
    ----------
    name
        Of the environment.
    presence
        Whether both sides have it.
    failures
        Why a side, `base` or `head`, could not be synthesized; nothing is compared then.
    stacks
        Those that change.
    policies
        The statements that change.
    models
        The packages that change.
    findings
        What is found now and was not before.
    cost
        Before and after; None where nothing could be compared.
    sides
        The stacks of base and head, for the diagram.
    """

    name: str
    presence: Presence = "both"
    failures: Mapping[str, str] = field(default_factory=dict)
    stacks: tuple[StackReview, ...] = ()
    policies: tuple[PolicyChange, ...] = ()
    models: tuple[ModelChange, ...] = ()
    findings: tuple[Finding, ...] = ()
    cost: CostChange | None = None
    sides: tuple[Mapping[str, Stack], Mapping[str, Stack]] = field(default=({}, {}), repr=False)

    @property
    def is_change(self) -> bool:
        """Whether there is anything to say but that nothing changes."""
        parts = (self.failures, self.stacks, self.policies, self.models, self.findings)
        return any(parts) or self.presence != "both" or (self.cost is not None and self.cost.is_change)

    @property
    def given_up(self) -> list[tuple[StackReview, ResourceChange]]:
        """What is replaced or deleted and may be missed; what holds data comes first."""
        found = [(stack, change) for stack in self.stacks for change in stack.resources if change.gives_up]
        return sorted(found, key=lambda each: (not each[1].stateful, each[1].effect != "deleted"))

    @property
    def removed_stacks(self) -> list[StackReview]:
        """The stacks that the head no longer defines, and that stay deployed."""
        return [stack for stack in self.stacks if stack.presence == "removed"]

    @property
    def moved_stacks(self) -> list[StackReview]:
        """Those of the removed stacks that the head makes anew in another account or region."""
        added = {stack.name for stack in self.stacks if stack.presence == "added"}
        return [stack for stack in self.removed_stacks if stack.name in added]

    @property
    def widening(self) -> list[PolicyChange]:
        """The statements by which somebody may do more than before."""
        return [change for change in self.policies if change.is_widening]

    def part_of(self, stack: str) -> str:
        """Return the part of the environment that a changed stack is."""
        return next((each.part for each in self.stacks if each.name == stack), stack)


@dataclass(frozen=True)
class Gate:
    """A condition of `--fail-on` that holds.

    Parameters
    ----------
    name
        As in the option.
    environment
        Where it holds.
    reason
        In words.
    """

    name: str
    environment: str
    reason: str


@dataclass(frozen=True)
class Review:
    """A whole review.

    Parameters
    ----------
    revisions
        What is compared.
    environments
        One by one.
    gates
        The conditions of `--fail-on` that hold.
    unjudged
        Those that could not be judged.
    missing_tools
        The tools that are not installed, whose findings are therefore not known.
    """

    revisions: Revisions
    environments: tuple[EnvironmentReview, ...]
    gates: tuple[Gate, ...] = ()
    unjudged: tuple[Gate, ...] = ()
    missing_tools: tuple[str, ...] = ()

    @property
    def has_failed(self) -> bool:
        """Whether an environment could not be compared."""
        return any(environment.failures for environment in self.environments)
