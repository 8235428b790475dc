"""Whose a resource is: an environment's own, as its tags or its whole name prove, or somebody else's.

Nothing is taken for an environment's because its name begins alike: the project `slipway` with the environment
`local` owns neither what `slipway2` and `local` nor what `slipway` and `local2` made.
"""

from __future__ import annotations

from collections.abc import Sequence

from slipway.cleanup.claims import Claims
from slipway.cleanup.name_forms import is_named_by
from slipway.cleanup.resource import Kind, Resource

STACK_TAG = "aws:cloudformation:stack-name"
"""The tag that CloudFormation sets on what it makes (CloudFormation User Guide, "Resource tags")."""

_OF_TRAINING = "the job's name is one that this environment gives, and its output lies in its bucket"
_REASONS: dict[Kind, str] = {
    "objects": "it lies in this environment's bucket, and the app no longer defines its endpoint",
    "image": "it lies in this environment's repository, and neither a Model, an endpoint nor the app has it",
    "key": "its description is one that this environment gives",
    "scaling policy": "it scales an endpoint of this environment's name",
    "scaling target": "it scales an endpoint of this environment's name",
    "template": "its description names this environment",
    "training job": _OF_TRAINING,
    "training logs": _OF_TRAINING,
}


class Ownership:
    """Tells what one environment owns.

    Parameters
    ----------
    claims
        Of the environment.
    others
        Of the other environments that are known in the same account and region: what two of them could have made
        by its name is nobody's.
    """

    def __init__(self, claims: Claims, others: Sequence[Claims] = ()) -> None:
        self.claims = claims
        self._others = others

    def reason(self, resource: Resource) -> str | None:
        """Return why a resource is this environment's; None when it is not, or when nothing proves it.

        A resource with CloudFormation's tag is the stack's that the tag names, whatever its own name is.
        """
        stack = resource.tags.get(STACK_TAG)
        if stack is not None:
            is_ours = stack in self.claims.stacks and not any(stack in other.stacks for other in self._others)
            return f"its tag {STACK_TAG} is {stack}" if is_ours else None
        if not is_named_by(self.claims, resource):
            return None
        if any(is_named_by(other, resource) for other in self._others):
            return None
        return _REASONS.get(resource.kind, "its name is one that this environment gives")
