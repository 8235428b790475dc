"""The one line that says what an environment's review comes to."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from slipway.review.cost import Cost, CostChange
from slipway.review.policy_words import Quote
from slipway.review.report import EnvironmentReview

NOTHING = "nothing changes"


def verdict(review: EnvironmentReview, quote: Quote, strong: Quote) -> str:
    """Say what changes, the worst first.

    Parameters
    ----------
    review
        Of the environment.
    quote
        Sets names apart.
    strong
        Makes words stand out.
    """
    return ", ".join(_parts(review, quote, strong)) or NOTHING


def _parts(review: EnvironmentReview, quote: Quote, strong: Quote) -> Iterator[str]:
    if review.failures:
        sides = " and ".join(f"the {side}" for side in review.failures)
        yield strong(f"{sides} cannot be synthesized")
        return
    if review.presence != "both":
        yield "a new environment" if review.presence == "added" else strong("the environment's file is gone")
    yield from _given_up(review, strong)
    if review.widening:
        yield strong(f"{_count(len(review.widening), 'permission')} new or wider")
    elif review.policies:
        yield f"{_count(len(review.policies), 'permission')} gone or narrower"
    for change in review.models:
        yield f"the package of {quote(review.part_of(change.stack))} changes ({quote(change.name)})"
    if review.findings:
        yield f"{_count(len(review.findings), 'new finding')}"
    if review.cost and review.cost.is_change:
        yield cost_words(review.cost)
    yield from _rest(review)


def _given_up(review: EnvironmentReview, strong: Quote) -> Iterator[str]:
    stateful = sum(change.stateful for _, change in review.given_up)
    others = len(review.given_up) - stateful
    if stateful:
        yield strong(f"{_count(stateful, 'stateful resource')} replaced or deleted")
    if others:
        yield (
            f"{others} other replaced or deleted"
            if stateful
            else f"{_count(others, 'resource')} replaced or deleted"
        )
    moved, removed = len(review.moved_stacks), len(review.removed_stacks) - len(review.moved_stacks)
    if moved:
        yield strong(f"{_count(moved, 'stack')} made anew in another account or region, but still in the old one")
    if removed:
        yield strong(f"{_count(removed, 'stack')} no longer defined, but still deployed")


def _rest(review: EnvironmentReview) -> Iterator[str]:
    effects = [change.effect for stack in review.stacks for change in stack.resources if not change.gives_up]
    for effect in ("added", "updated"):
        if effect in effects:
            yield f"{effects.count(effect)} {effect}"
    if "replaced" in effects:
        yield f"{effects.count('replaced')} made anew as a matter of course"
    if not effects and any(stack.others for stack in review.stacks):
        yield "outputs or parameters change"


def cost_words(cost: CostChange) -> str:
    """Say what an environment costs before and after."""
    return f"costs {_month(cost.old)} → {_month(cost.new)} a month"


def _month(cost: Cost | None) -> str:
    if cost is None:
        return "unknown"
    if cost.lower is None or cost.upper is None:
        return "no price known" if cost.unpriced else "$0"
    lower, upper = _dollars(cost.lower), _dollars(cost.upper)
    known = lower if lower == upper else f"{lower} to {upper}"
    return f"{known} and what has no price" if cost.unpriced else known


def _dollars(amount: Decimal) -> str:
    return f"${amount:,.2f}" if amount % 1 else f"${amount:,.0f}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
