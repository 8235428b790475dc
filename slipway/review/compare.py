"""Two assemblies of an environment → what changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slipway.review.assembly import Assembly, Stack
from slipway.review.models import model_changes
from slipway.review.policies import Statements, statements
from slipway.review.policy_diff import PolicyChange, policy_changes
from slipway.review.policy_holders import Holder
from slipway.review.property_diff import ABSENT, ValueChange, same, value_changes
from slipway.review.report import EnvironmentReview, StackReview
from slipway.review.resource_spec import TypeOf, resource_type
from slipway.review.settled import settled
from slipway.review.template_diff import resource_changes

_OTHERS = ("Description", "Transform", "Parameters", "Mappings", "Conditions", "Rules", "Outputs")


def compare(name: str, old: Assembly, new: Assembly, type_of: TypeOf = resource_type) -> EnvironmentReview:
    """Compare two assemblies of an environment; its findings and costs are looked at elsewhere.

    Parameters
    ----------
    name
        Of the environment.
    old, new
        Of base and head.
    type_of
        Finds what is known of a resource's type.
    """
    names = {**new.stacks, **old.stacks}
    pairs = [pair for stack in names for pair in _pairs(old.stacks.get(stack), new.stacks.get(stack))]
    changed = [(before, after) for before, after in pairs if _differ(before, after)]
    stacks = [_stack_review(name, before, after, type_of) for before, after in changed]
    kept = [stack for stack in stacks if stack.resources or stack.others or stack.presence != "both"]
    compared = [(before or _empty(after), after) for before, after in changed if after]
    put = [settled(before, after) for before, after in compared]
    return EnvironmentReview(
        name=name,
        stacks=tuple(kept),
        policies=tuple(_policies(put, {stack.name: stack for stack in kept})),
        models=tuple(change for before, after in compared for change in model_changes(before, after)),
        sides=(old.stacks, new.stacks),
    )


def _pairs(old: Stack | None, new: Stack | None) -> list[tuple[Stack | None, Stack | None]]:
    """Pair the two states of a stack; of one that goes to another account or region, the old one stays there."""
    has_moved = old is not None and new is not None and old.place != new.place
    return [(old, None), (None, new)] if has_moved else [(old, new)]


def _differ(old: Stack | None, new: Stack | None) -> bool:
    if old is None or new is None:
        return old is not new
    return old.protected != new.protected or not same(old.template, new.template)


def _empty(stack: Stack | None) -> Stack:
    assert stack is not None  # noqa: S101 - one of the two sides has it
    return Stack(stack.name, stack.path, {}, place=stack.place)


def _stack_review(environment: str, old: Stack | None, new: Stack | None, type_of: TypeOf) -> StackReview:
    name = (new or _empty(old)).name
    part = name.partition(f"-{environment}-")[2] or name
    if new is None:
        return StackReview(name, part, "removed", place=_empty(old).place)
    before = old or _empty(new)
    return StackReview(
        name=name,
        part=part,
        presence="both" if old else "added",
        resources=tuple(resource_changes(*settled(before, new), type_of)),
        others=tuple(_others(before, new)) if old else (),
    )


def _others(old: Stack, new: Stack) -> Iterator[ValueChange]:
    for section in _OTHERS:
        yield from value_changes(section, old.template.get(section, {}), new.template.get(section, {}))
    for key in dict.fromkeys([*old.unread, *new.unread]):
        yield from value_changes(f"Resources.{key}", old.unread.get(key, ABSENT), new.unread.get(key, ABSENT))
    yield from value_changes("TerminationProtection", old.protected, new.protected)


def _policies(pairs: list[tuple[Stack, Stack]], reviews: Mapping[str, StackReview]) -> Iterator[PolicyChange]:
    before: Statements = {}
    after: Statements = {}
    renamed: dict[Holder, Holder] = {}
    for old, new in pairs:
        found = statements(old)
        before |= found
        after |= statements(new)
        moved = _renames(reviews.get(new.name))
        renamed |= {
            holder: Holder(holder.kind, holder.stack, moved[holder.name])
            for holder in found
            if holder.name in moved
        }
    yield from policy_changes(before, after, renamed)


def _renames(review: StackReview | None) -> dict[str, str]:
    changes = review.resources if review else ()
    return {each.replaced_id: each.logical_id for each in changes if each.replaced_id}
