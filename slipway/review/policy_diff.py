"""What somebody may do in the head and not in the base, and the other way round, whatever the statements' form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Literal

from slipway.review.conditions import Condition
from slipway.review.policies import Statements
from slipway.review.policy_holders import Holder
from slipway.review.policy_statement import Statement

Kind = Literal["appears", "widens", "narrows", "goes"]
"""What becomes of a statement: it is new, allows more, allows less, or is there no more."""


@dataclass(frozen=True)
class PolicyChange:
    """A statement that changes, with what of it is not on the other side.

    Parameters
    ----------
    holder
        Whom it is about; as the head knows it, where it does.
    kind
        See `Kind`.
    grants
        What comes or goes: effect, actions, resources, principals, conditions.
    sid
        The statement's name, if it has one.
    unconditioned
        The conditions of the base without which the head allows the same.
    """

    holder: Holder
    kind: Kind
    grants: Statement
    unconditioned: tuple[Condition, ...] = ()

    @property
    def is_widening(self) -> bool:
        """Whether somebody may do more than before: an Allow that comes, a Deny that goes, what may be either."""
        if not self.grants.is_known:
            return True
        return (self.grants.effect == "Allow") == (self.kind in {"appears", "widens"})


def policy_changes(
    old: Statements, new: Statements, renamed: Mapping[Holder, Holder] | None = None
) -> list[PolicyChange]:
    """Compare statements by what they allow and deny: those that only moved or were split are no change.

    Parameters
    ----------
    old, new
        The statements of base and head.
    renamed
        The head's holders by the base's, where one has another logical id now.
    """
    moved = renamed or {}
    before = {moved.get(holder, holder): found for holder, found in old.items()}
    return [
        change
        for holder in dict.fromkeys([*new, *before])
        for change in _of_holder(holder, before.get(holder, []), new.get(holder, []))
    ]


def _of_holder(holder: Holder, old: Sequence[Statement], new: Sequence[Statement]) -> Iterator[PolicyChange]:
    for statement in new:
        yield from _uncovered(holder, statement, old, ("appears", "widens"))
    for statement in old:
        yield from _uncovered(holder, statement, new, ("goes", "narrows"))


def _uncovered(
    holder: Holder, statement: Statement, others: Sequence[Statement], kinds: tuple[Kind, Kind]
) -> Iterator[PolicyChange]:
    """Yield what a statement has and no other one covers, in as few pieces as say it exactly."""
    alike = [other for other in others if other.effect == statement.effect]
    grants = list(product(sorted(statement.actions), sorted(statement.resources), _principals(statement)))
    left = [each for each in grants if not any(_covers(other, each, statement.conditions) for other in alike)]
    kind = kinds[0] if len(left) == len(grants) else kinds[1]
    for piece in _pieces(left):
        actions, resources, principals = piece
        change = Statement(
            statement.effect, actions, resources, principals, statement.conditions, sid=statement.sid
        )
        conditions = _conditions_of_the_same(alike, change)
        yield PolicyChange(holder, kinds[1] if conditions else kind, change, conditions)


def _principals(statement: Statement) -> list[str]:
    return sorted(statement.principals) or [""]


def _covers(other: Statement, grant: tuple[str, str, str], conditions: frozenset[Condition]) -> bool:
    """Whether a statement reaches at least as far as a grant under conditions."""
    are_met = all(any(mine.implies(theirs) for mine in conditions) for theirs in other.conditions)
    return are_met and _reaches(other, grant)


def _reaches(other: Statement, grant: tuple[str, str, str]) -> bool:
    action, resource, principal = grant
    return (
        any(_matches(pattern.lower(), action.lower()) for pattern in other.actions)
        and any(_matches(pattern, resource) for pattern in other.resources)
        and any(pattern in {principal, "*"} for pattern in _principals(other))
    )


def _matches(pattern: str, text: str) -> bool:
    """Whether all that `text` stands for, itself a pattern, is covered by `pattern`."""
    if pattern == text:
        return True
    # What cannot be read is no pattern, whatever stars stand in it.
    is_pattern = not pattern.startswith("{") and not text.startswith("not ")
    return is_pattern and _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # A `?` covers one character, and so neither a `*` nor a `${Name}`, which may be many.
    parts = {"*": ".*", "?": r"[^*${}]"}
    return re.compile("".join(parts.get(character) or re.escape(character) for character in pattern), re.DOTALL)


def _pieces(
    grants: Iterable[tuple[str, str, str]],
) -> Iterator[tuple[frozenset[str], frozenset[str], frozenset[str]]]:
    """Put grants together: the actions that go with the same resources and principals."""
    by_action: dict[str, set[tuple[str, str]]] = {}
    for action, resource, principal in grants:
        by_action.setdefault(action, set()).add((resource, principal))
    by_reach: dict[frozenset[tuple[str, str]], set[str]] = {}
    for action, reached_by_it in by_action.items():
        by_reach.setdefault(frozenset(reached_by_it), set()).add(action)
    for reach, actions in by_reach.items():
        resources = {resource for resource, _ in reach}
        principals = {principal for _, principal in reach}
        if len(reach) == len(resources) * len(principals):
            yield frozenset(actions), frozenset(resources), frozenset(principals - {""})
        else:
            for principal in sorted(principals):
                reached = frozenset(resource for resource, whose in reach if whose == principal)
                yield frozenset(actions), reached, frozenset({principal} - {""})


def _conditions_of_the_same(others: Sequence[Statement], change: Statement) -> tuple[Condition, ...]:
    """Return the conditions under which the other side has the whole change, too, if there are such."""
    grants = list(product(change.actions, change.resources, _principals(change)))
    for other in others:
        if all(_reaches(other, each) for each in grants):
            return tuple(sorted(other.conditions - change.conditions))
    return ()
