"""`--fail-on`: what is allowed there, and when a gate holds."""

from dataclasses import replace
from decimal import Decimal

import pytest

from slipway.review.assembly import Assembly, Stack
from slipway.review.compare import compare
from slipway.review.cost import NO_COST, Cost, CostChange
from slipway.review.gates import FailOn, judge, parse_fail_on
from slipway.review.report import EnvironmentReview

from .templates import allow, bucket, resource, role, stack, type_of


def compared(old: Stack, new: Stack) -> EnvironmentReview:
    return compare("prod", Assembly({old.name: old}), Assembly({new.name: new}), type_of)


def holding(review: EnvironmentReview, text: str) -> list[str]:
    return [gate.name for gate in judge([review], parse_fail_on(text))[0]]


def costs(old: Cost | None, new: Cost | None) -> EnvironmentReview:
    return replace(compared(stack(R=role()), stack(R=role(allow("*")))), cost=CostChange(old, new))


def test_the_option_is_read() -> None:
    assert parse_fail_on("") == FailOn()
    assert parse_fail_on("replacement, iam-widening,cost-increase=12.5%") == FailOn(True, True, Decimal("0.125"))


@pytest.mark.parametrize(
    "text", ["cost", "cost-increase", "cost-increase=much", "cost-increase=-5%", "replacement=1"]
)
def test_what_is_no_gate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"none of: replacement, iam-widening|takes a percentage"):
        parse_fail_on(text)


def test_a_replaced_bucket_holds_the_gate_and_a_new_model_does_not() -> None:
    assert holding(compared(stack(B=bucket("a")), stack(B=bucket("b"))), "replacement") == ["replacement"]
    models = [resource("AWS::SageMaker::Model", PrimaryContainer={"Image": each}) for each in ("a", "b")]
    assert holding(compared(stack(Model=models[0]), stack(Model=models[1])), "replacement") == []


def test_a_stack_that_goes_holds_the_gate() -> None:
    gone = stack(R=role())
    assert holding(compare("prod", Assembly({gone.name: gone}), Assembly({}), type_of), "replacement") == [
        "replacement"
    ]


def test_widening_holds_its_gate_and_narrowing_does_not() -> None:
    wide, narrow = stack(R=role(allow("s3:*"))), stack(R=role(allow("s3:GetObject")))
    assert holding(compared(narrow, wide), "iam-widening") == ["iam-widening"]
    assert holding(compared(wide, narrow), "iam-widening") == []


@pytest.mark.parametrize(
    ("old", "new", "holds"),
    [
        (Cost(Decimal(100), Decimal(100)), Cost(Decimal(120), Decimal(120)), False),
        (Cost(Decimal(100), Decimal(100)), Cost(Decimal(100), Decimal(121)), True),
        (Cost(Decimal(100), Decimal(100)), Cost(Decimal(50), Decimal(50)), False),
        (NO_COST, Cost(Decimal(1), Decimal(1)), True),
        (NO_COST, NO_COST, False),
    ],
)
def test_costs_hold_the_gate_beyond_the_percentage(old: Cost, new: Cost, holds: bool) -> None:
    assert bool(holding(costs(old, new), "cost-increase=20%")) == holds


def test_costs_that_are_not_known_are_said_to_be_unjudged() -> None:
    unknown = Cost(None, None, ("ml.x",))
    for review in (costs(unknown, unknown), costs(None, NO_COST)):
        gates, unjudged = judge([review], parse_fail_on("cost-increase=20%"))
        assert gates == []
        assert [gate.name for gate in unjudged] == ["cost-increase"]
