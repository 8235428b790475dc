"""The lists of an environment's review, as Markdown; whatever the checkouts say is in code spans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from slipway.review.changes import CONDITION, PropertyChange, ResourceChange
from slipway.review.escape import code, code_pair
from slipway.review.models import ModelChange, PackageFacts
from slipway.review.policy_diff import PolicyChange
from slipway.review.policy_words import sentence
from slipway.review.property_diff import POLICY, ValueChange
from slipway.review.report import EnvironmentReview, StackReview
from slipway.review.verdict import cost_words

_HOSTING = "AWS::SageMaker::EndpointConfig"
_MOST_FILES = 12
_DIGEST = 12
_MOST_LINES = 8
_UNIT = 1024


def failure_items(review: EnvironmentReview) -> list[str]:
    """Say why sides could not be synthesized."""
    return [
        f"- {side}: {code(line, 400)}"
        for side, reason in review.failures.items()
        for line in reason.strip().splitlines()[:_MOST_LINES]
    ]


def given_up_items(review: EnvironmentReview) -> list[str]:
    """List what is replaced or deleted, what holds data first and in bold."""
    items = [f"- {_given_up(stack, change)}" for stack, change in review.given_up]
    return items + [f"- {_removed(review, stack)}" for stack in review.removed_stacks]


def _removed(review: EnvironmentReview, stack: StackReview) -> str:
    name = code(stack.name)
    if stack in review.moved_stacks:
        return (
            f"**the stack {name} is made anew in another account or region**: a deployment does not delete the "
            f"one in {code(stack.place)}; it stays, with what it holds, and costs, until it is deleted there"
        )
    command = code(f"slipway verify-clean --env {review.name}")
    return (
        f"**the stack {name} is no longer defined**: a deployment does not delete it; it stays, and costs, until "
        f"it is deleted; {command} shows how"
    )


def _given_up(stack: StackReview, change: ResourceChange) -> str:
    by = f" by {code(change.name)}" if change.replaced_id else ""
    name = change.replaced_id or change.name
    what = f"{code(name)} ({code(change.type)} of {code(stack.part)}) {_passive(change)}{by}"
    causes = sorted(change.properties, key=lambda each: (each.replaces == "no", each.path != CONDITION))
    cause = f": {_property(causes[0])}" if causes and not change.replaced_id else ""
    return f"{f'**{what}**' if change.stateful else what}{cause}. {_fate(change)}"


def _passive(change: ResourceChange) -> str:
    return change.effect if change.effect.startswith("may be ") else f"is {change.effect}"


def _fate(change: ResourceChange) -> str:
    data = ", with what it holds" if change.stateful else ""
    if change.fate == "kept":
        moves = "; the new one starts empty" if change.stateful and "replaced" in change.effect else ""
        return f"The old one is kept{data}, outside of CloudFormation{moves}."
    return f"**The old one is deleted{data}.**" if change.stateful else "The old one is deleted."


def policy_items(review: EnvironmentReview) -> list[str]:
    """List every statement that appears, goes, widens or narrows; what widens comes first, in bold."""
    ordered = sorted(review.policies, key=lambda change: not change.is_widening)
    return [f"- {_policy(review, change)}" for change in ordered]


def _policy(review: EnvironmentReview, change: PolicyChange) -> str:
    words = sentence(change, review.part_of(change.holder.stack), code)
    kind = f"{change.grants.effect if change.grants.is_known else 'What cannot be read'} {change.kind}"
    return f"**{kind}**: {words}" if change.is_widening else f"{kind}: {words}"


def model_items(review: EnvironmentReview) -> list[str]:
    """List what changes of each package."""
    return [
        f"- {code(review.part_of(change.stack))}, {code(change.name)}: {'; '.join(_model(change))}"
        for change in review.models
    ]


def _model(change: ModelChange) -> Iterator[str]:
    old, new = change.old, change.new
    yield f"digest {_pair(old.digest[:_DIGEST] if old else None, new.digest[:_DIGEST] if new else None)}"
    yield f"size {_pair(_size(old) if old else None, _size(new) if new else None)}"
    for name in ("format", "torch", "python"):
        before, after = getattr(old, name, None), getattr(new, name, None)
        if before != after:
            yield f"{name} {_pair(before, after)}"
    yield from _members("requirements", old.requirements if old else (), new.requirements if new else ())
    yield from _members("handler functions", old.functions if old else (), new.functions if new else ())
    if old and new:
        names = change.changed_files
        more = f" and {len(names) - _MOST_FILES} more" if len(names) > _MOST_FILES else ""
        yield f"files that differ: {', '.join(map(code, names[:_MOST_FILES]))}{more}"


def _size(package: PackageFacts) -> str:
    size = package.size
    if size < _UNIT:
        return f"{size} B"
    return f"{size / _UNIT:,.1f} KiB" if size < _UNIT**2 else f"{size / _UNIT**2:,.1f} MiB"


def _members(what: str, old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    before, after = list(old), list(new)
    gone = [each for each in before if each not in after]
    come = [each for each in after if each not in before]
    if gone or come:
        words = [f"without {', '.join(map(code, gone))}"] if gone else []
        words += [f"with {', '.join(map(code, come))}"] if come else []
        yield f"{what} now {' and '.join(words)}"


def hosting_items(review: EnvironmentReview) -> list[str]:
    """List what changes of how endpoints are hosted, but for what follows from other changes."""
    return [
        f"- {code(stack.part)}: {_property(each)}"
        for stack in review.stacks
        for change in stack.resources
        if change.type == _HOSTING and change.effect != "deleted"
        for each in change.properties
        if each.note is None and not each.path.startswith("Tags")
    ]


def finding_items(review: EnvironmentReview) -> list[str]:
    """List what is found now and was not before."""
    return [
        f"- {each.severity if each.severity.isalpha() else code(each.severity)}: {code(each.rule)} "
        f"({code(each.tool)}) at {code(each.where)}: {code(each.what, 400)}"
        for each in review.findings
    ]


def cost_items(review: EnvironmentReview) -> list[str]:
    """Say what an environment costs, before and after, where it changes or something has no price."""
    cost = review.cost
    if cost is None or not (cost.is_change or (review.stacks and cost.unpriced)):
        return []
    items = [f"- {cost_words(cost)}"] if cost.is_change else []
    if cost.unpriced:
        items.append(
            f"- no price is known for {', '.join(map(code, cost.unpriced))}; see `slipway costs --update`"
        )
    return items


def property_items(stack: StackReview) -> list[str]:
    """List what changes of a stack, resource by resource and property by property."""
    items = [line for change in stack.resources for line in _resource(change)]
    return items + [f"- {_value(change)}" for change in stack.others]


def _resource(change: ResourceChange) -> Iterator[str]:
    effect = "made anew" if change.is_routine and change.effect == "replaced" else change.effect
    yield f"- {code(change.name)} ({code(change.type)}): {effect}"
    for each in change.properties:
        yield f"  - {_property(each)}"


def _property(change: PropertyChange) -> str:
    replaces = {"no": "", "maybe": " (may replace it)", "yes": " (replaces it)"}[change.replaces]
    return f"{_value(ValueChange(change.path, change.old, change.new, change.note))}{replaces}"


def _value(change: ValueChange) -> str:
    if change.note == POLICY:
        return f"{code(change.path)}: see the permissions"
    if change.note:
        return f"{code(change.path)}: {code(change.note)}"
    return f"{code(change.path)}: {_pair(change.old, change.new)}"


def _pair(old: str | None, new: str | None) -> str:
    if old is None or new is None:
        return f"{'not there' if old is None else code(old)} → {'gone' if new is None else code(new)}"
    return " → ".join(code_pair(old, new))
