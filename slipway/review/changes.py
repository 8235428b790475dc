"""How a resource of a stack changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from slipway.review.resource_spec import Replaces

Effect = Literal["deleted", "may be deleted", "replaced", "may be replaced", "added", "updated"]
"""What happens to a resource; it may be deleted where it depends on another condition of the stack than before."""

Fate = Literal["deleted", "kept"]
"""What becomes of a resource that CloudFormation gives up."""

_NEVER_UPDATED = frozenset({"AWS::SageMaker::Model", "AWS::SageMaker::EndpointConfig"})
"""What SageMaker never changes in place: the API has no UpdateModel and no UpdateEndpointConfig."""

CONDITION = "Condition"
"""The attribute by which a resource is there only sometimes."""

REFERS = "refers to what is replaced"
"""What the note says of a property whose value changes with another resource."""


@dataclass(frozen=True)
class PropertyChange:
    """A property that changes.

    Parameters
    ----------
    path, old, new, note
        As of `ValueChange`.
    replaces
        Whether the change replaces the resource.
    """

    path: str
    old: str | None
    new: str | None
    note: str | None
    replaces: Replaces


@dataclass(frozen=True)
class ResourceChange:
    """A resource that changes.

    Parameters
    ----------
    logical_id
        In the head; that of the base where the head has none.
    name
        What people call it: the logical id without the CDK's hash.
    type
        As `AWS::S3::Bucket`.
    effect
        What happens to it.
    stateful
        Whether it holds data that would go with it.
    fate
        What becomes of the old one; None where it stays.
    replaced_id
        The base's logical id, where another one replaces it.
    properties
        What changes of it.
    """

    logical_id: str
    name: str
    type: str
    effect: Effect
    stateful: bool
    fate: Fate | None = None
    replaced_id: str | None = None
    properties: tuple[PropertyChange, ...] = ()

    @property
    def is_routine(self) -> bool:
        """Whether it is replaced by design: its endpoint is updated in place, and nobody knows it by name."""
        return self.type in _NEVER_UPDATED

    @property
    def follows(self) -> bool:
        """Whether it is replaced for the one reason that what it refers to is, as the policy of a bucket."""
        causes = [each for each in self.properties if each.replaces != "no"]
        return bool(causes) and all(str(each.note).startswith(REFERS) for each in causes)

    @property
    def gives_up(self) -> bool:
        """Whether CloudFormation gives up a resource that somebody may miss."""
        if self.is_routine or (self.follows and not self.stateful):
            return False
        return self.effect in {"deleted", "may be deleted", "replaced", "may be replaced"}
