"""`--fail-on`: what makes a review end with a status of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from slipway.review.report import EnvironmentReview, Gate

REPLACEMENT = "replacement"
WIDENING = "iam-widening"
COST = "cost-increase"

ALLOWED = f"{REPLACEMENT}, {WIDENING}, {COST}=N%"

_PERCENTAGE = re.compile(r"(\d+(?:\.\d+)?)\s*%?")


@dataclass(frozen=True)
class FailOn:
    """What is to make a review fail.

    Parameters
    ----------
    replacement
        Something is replaced or deleted, a stack no longer defined included; the Model and EndpointConfig that
        every new model brings do not count.
    widening
        Somebody may do more than before.
    cost_increase
        An environment's costs grow by more than this part; None for whatever they do.
    """

    replacement: bool = False
    widening: bool = False
    cost_increase: Decimal | None = None


def parse_fail_on(text: str) -> FailOn:
    """Read the option's value.

    Raises
    ------
    ValueError
        It names something else, or no percentage; the text says what is allowed.
    """
    chosen = [part.strip() for part in text.split(",") if part.strip()]
    costs = [part.partition("=")[2].strip() for part in chosen if part.partition("=")[0].strip() == COST]
    for part in chosen:
        if part not in {REPLACEMENT, WIDENING} and part.partition("=")[0].strip() != COST:
            raise ValueError(f"{part!r} is none of: {ALLOWED}")
    found = [_PERCENTAGE.fullmatch(cost) for cost in costs]
    if not all(found):
        raise ValueError(f"{COST} takes a percentage, as in {COST}=20%")
    percentages = [Decimal(match.group(1)) / 100 for match in found if match]
    return FailOn(REPLACEMENT in chosen, WIDENING in chosen, min(percentages, default=None))


def judge(environments: Sequence[EnvironmentReview], fail_on: FailOn) -> tuple[list[Gate], list[Gate]]:
    """Return the gates that hold, and those that could not be judged."""
    holding = [gate for each in environments for gate in _holding(each, fail_on)]
    unjudged = [gate for each in environments for gate in _unjudged(each, fail_on)]
    return holding, unjudged


def _holding(review: EnvironmentReview, fail_on: FailOn) -> Iterator[Gate]:
    lost = len(review.given_up) + len(review.removed_stacks)
    if fail_on.replacement and lost:
        yield Gate(REPLACEMENT, review.name, f"{lost} replaced, deleted or no longer defined")
    if fail_on.widening and review.widening:
        yield Gate(WIDENING, review.name, f"{len(review.widening)} permissions are new or wider")
    limit, increase = fail_on.cost_increase, review.cost.increase if review.cost else None
    if limit is not None and increase is not None and increase > limit:
        grown = "from nothing" if increase.is_infinite() else f"by {increase * 100:.1f} %"
        yield Gate(COST, review.name, f"costs grow {grown}; {limit * 100:f} % is allowed")


def _unjudged(review: EnvironmentReview, fail_on: FailOn) -> Iterator[Gate]:
    if fail_on.cost_increase is None or review.cost is None or not review.stacks:
        return
    if review.cost.unpriced:
        yield Gate(COST, review.name, f"no price is known for {', '.join(review.cost.unpriced)}")
    elif review.cost.increase is None:
        yield Gate(COST, review.name, "the settings of one side cannot be estimated")
