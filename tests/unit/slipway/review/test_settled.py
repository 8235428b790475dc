"""What conditions, mappings and parameters of a template change, where the resources have the same text."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.review.assembly import Assembly, Stack
from slipway.review.changes import ResourceChange
from slipway.review.compare import compare
from slipway.review.gates import judge, parse_fail_on
from slipway.review.markdown import to_markdown
from slipway.review.policy_diff import PolicyChange
from slipway.review.policy_words import sentence
from slipway.review.report import EnvironmentReview, Review

from .templates import allow, bucket, resource, role, stack, type_of
from .test_markdown import REVISIONS

NOTHING = {"Ref": "AWS::NoValue"}
TRUE, FALSE = {"Fn::Equals": ["a", "a"]}, {"Fn::Equals": ["a", "b"]}
OF_STAGE = {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}
OF_ACCOUNT = {"Fn::Equals": [{"Ref": "AWS::AccountId"}, "333333333333"]}
SOMETIMES = role({"Fn::If": ["C", allow("s3:*"), NOTHING]})
STAGE = {"Stage": {"Type": "String", "Default": "dev"}}


def with_sections(found: Stack, **sections: Any) -> Stack:
    return replace(found, template={**found.template, **sections})


def defined(definition: Any, found: dict[str, Any], **sections: Any) -> Stack:
    """A stack with a resource, and with the condition C."""
    return with_sections(stack(R=found), Conditions={"C": definition}, **sections)


def compared(old: Stack, new: Stack) -> EnvironmentReview:
    return compare("prod", Assembly({old.name: old}), Assembly({new.name: new}), type_of)


def policies(old: Stack, new: Stack) -> list[PolicyChange]:
    return list(compared(old, new).policies)


def gates(old: Stack, new: Stack) -> set[str]:
    return {gate.name for gate in judge([compared(old, new)], parse_fail_on("replacement,iam-widening"))[0]}


def change(old: Stack, new: Stack) -> ResourceChange:
    (found,) = (each for stack in compared(old, new).stacks for each in stack.resources)
    return found


def words(change: PolicyChange) -> str:
    return sentence(change, "linear", lambda text: text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (FALSE, TRUE),
        (FALSE, {"Fn::Not": [FALSE]}),
        ({"Fn::And": [TRUE, FALSE]}, {"Fn::Or": [FALSE, TRUE]}),
        ({"Fn::And": [OF_STAGE, FALSE]}, {"Fn::Or": [OF_STAGE, TRUE]}),
        (FALSE, OF_STAGE),
        (OF_STAGE, OF_ACCOUNT),
        (OF_STAGE, {"Fn::Not": [OF_STAGE]}),
        (OF_STAGE, TRUE),
        (
            {"Fn::Equals": [{"Fn::Join": ["", ["a", "b"]]}, "a"]},
            {"Fn::Equals": [{"Fn::Join": ["", ["a", "b"]]}, "ab"]},
        ),
    ],
)
def test_what_a_condition_newly_allows_is_a_widening(old: Any, new: Any) -> None:
    before, after = (defined(each, SOMETIMES, Parameters=STAGE) for each in (old, new))
    assert gates(before, after) == {"iam-widening"}
    assert any("may now do everything in S3" in words(each) for each in policies(before, after))
    assert policies(after, after) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (TRUE, FALSE),
        (OF_STAGE, FALSE),
        (TRUE, {"Fn::Equals": [OF_ACCOUNT, OF_ACCOUNT]}),
        (FALSE, {"Fn::Not": [TRUE]}),
    ],
)
def test_what_a_condition_no_longer_allows_or_always_did_is_none(old: Any, new: Any) -> None:
    assert gates(defined(old, SOMETIMES), defined(new, SOMETIMES)) == set()


def test_a_denial_whose_condition_no_longer_holds_is_a_widening() -> None:
    denial = role({"Fn::If": ["C", {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}, NOTHING]})
    assert gates(defined(TRUE, denial), defined(FALSE, denial)) == {"iam-widening"}
    assert gates(defined(FALSE, denial), defined(TRUE, denial)) == set()


def test_a_condition_that_names_another_one_changes_with_it() -> None:
    before, after = (
        with_sections(stack(R=SOMETIMES), Conditions={"C": {"Fn::Or": [{"Condition": "D"}, FALSE]}, "D": each})
        for each in (OF_STAGE, OF_ACCOUNT)
    )
    comes, goes = policies(before, after)
    assert comes.is_widening
    assert "333333333333" in words(comes)
    assert not goes.is_widening


def test_conditions_that_name_one_another_in_a_circle_are_no_endless_one() -> None:
    circle = {"C": {"Condition": "D"}, "D": {"Fn::Not": [{"Condition": "C"}]}}
    before, after = (with_sections(stack(R=SOMETIMES), Conditions=circle, Description=each) for each in "ab")
    assert policies(before, after) == []


@pytest.mark.parametrize(
    "conditions", [None, [], {"C": None}, {"C": {"Fn::Equals": "a"}}, {"C": {"Fn::Not": [1, 2]}}]
)
def test_conditions_that_are_none_are_no_fault_of_the_review(conditions: Any) -> None:
    before, after = (with_sections(stack(R=SOMETIMES), Conditions=conditions, Description=each) for each in "ab")
    assert policies(before, after) == []
    assert "iam-widening" in gates(defined(FALSE, SOMETIMES), after)


@pytest.mark.parametrize("default", ["prod", "200000000000"])
def test_another_default_of_a_parameter_counts_for_what_refers_to_it(default: str) -> None:
    other = {"Stage": {"Type": "String", "Default": default}}
    for found in (
        SOMETIMES,
        role(allow("s3:GetObject", {"Ref": "Stage"})),
        role(allow("s3:GetObject", {"Fn::Sub": "arn:aws:s3:::${Stage}/*"})),
        role(allow("s3:GetObject", {"Fn::Join": ["", ["arn:aws:s3:::", {"Ref": "Stage"}]]})),
    ):
        before = defined(OF_STAGE, found, Parameters={"Stage": {"Type": "String", "Default": "100000000000"}})
        assert gates(before, defined(OF_STAGE, found, Parameters=other)) == {"iam-widening"}
        assert policies(before, defined(OF_ACCOUNT, role(), Parameters=STAGE))[0].kind == "goes"


def test_what_a_parameter_may_be_at_most_is_none_of_its_value() -> None:
    before, after = (
        defined(OF_STAGE, SOMETIMES, Parameters={"Stage": {**STAGE["Stage"], "AllowedValues": each}})
        for each in (["dev"], ["dev", "prod"])
    )
    assert policies(before, after) == []


@pytest.mark.parametrize("key", ["prod", {"Ref": "AWS::Region"}])
def test_another_value_in_a_mapping_counts_for_what_finds_it(key: Any) -> None:
    found = role(allow({"Fn::FindInMap": ["Actions", key, "Own"]}))
    before, after = (
        with_sections(stack(R=found), Mappings={"Actions": {"prod": {"Own": each}}})
        for each in ("s3:GetObject", "*")
    )
    assert gates(before, after) == {"iam-widening"}
    assert policies(before, with_sections(before, Description="another")) == []


def test_a_list_of_a_mapping_is_read() -> None:
    found = role(allow({"Fn::FindInMap": ["Actions", "prod", "Own"]}))
    new = with_sections(stack(R=found), Mappings={"Actions": {"prod": {"Own": ["s3:GetObject", "s3:PutObject"]}}})
    (come,) = policies(stack(R=role()), new)
    assert come.grants.actions == {"s3:GetObject", "s3:PutObject"}


@pytest.mark.parametrize("value", [NOTHING, {"Fn::If": ["C", NOTHING, "arn:aws:iam::1:policy/b"]}])
def test_a_boundary_that_is_no_value_is_none(value: Any) -> None:
    bounded = resource("AWS::IAM::Role", PermissionsBoundary="arn:aws:iam::1:policy/b")
    free = resource("AWS::IAM::Role", PermissionsBoundary=value)
    assert gates(defined(TRUE, bounded), defined(TRUE, free)) == {"iam-widening"}
    assert policies(defined(TRUE, resource("AWS::IAM::Role")), defined(TRUE, free)) == []


class TestConditionOfAResource:
    """A resource that is there only if its condition holds."""

    POLICY = resource("AWS::IAM::Policy", PolicyDocument={"Statement": [allow("s3:*")]}, Roles=["admin"])

    def policy(self, **attributes: str) -> dict[str, Any]:
        return {**self.POLICY, **attributes}

    def test_a_policy_that_is_there_always_now_is_a_widening(self) -> None:
        sometimes, always = defined(OF_STAGE, self.policy(Condition="C")), defined(OF_STAGE, self.policy())
        (widens,) = policies(sometimes, always)
        assert widens.is_widening
        assert "no longer only if the stack's condition C is true" in words(widens)
        assert "iam-widening" not in gates(always, sometimes)

    @pytest.mark.parametrize(("old", "new"), [(FALSE, TRUE), (FALSE, OF_STAGE), (OF_STAGE, OF_ACCOUNT)])
    def test_a_policy_whose_condition_holds_now_is_a_widening(self, old: Any, new: Any) -> None:
        before, after = (defined(each, self.policy(Condition="C")) for each in (old, new))
        assert "iam-widening" in gates(before, after)

    def test_a_bucket_whose_condition_never_holds_any_more_is_deleted(self) -> None:
        found = bucket("b", Condition="C")
        gone = change(defined(TRUE, found), defined(FALSE, found))
        assert (gone.effect, gone.fate) == ("deleted", "deleted")
        assert gates(defined(TRUE, found), defined(FALSE, found)) == {"replacement"}
        assert change(defined(FALSE, found), defined(TRUE, found)).effect == "added"

    @pytest.mark.parametrize("old", [bucket("b"), bucket("b", Condition="D")])
    def test_a_bucket_that_may_not_be_there_any_more_may_be_deleted(self, old: dict[str, Any]) -> None:
        conditions = {"C": OF_STAGE, "D": OF_ACCOUNT}
        kept = bucket("b", Condition="C", DeletionPolicy="Retain")
        before, after = (with_sections(stack(R=each), Conditions=conditions) for each in (old, kept))
        found = change(before, after)
        assert (found.effect, found.fate, found.gives_up) == ("may be deleted", "kept", True)
        assert gates(before, after) == {"replacement"}
        text = to_markdown(Review(REVISIONS, (compared(before, after),)))
        assert "**`R` (`AWS::S3::Bucket` of `linear`) may be deleted**: `Condition`: " in text
        assert "The old one is kept, with what it holds, outside of CloudFormation." in text

    def test_a_bucket_whose_name_a_condition_decides_is_replaced_with_its_condition(self) -> None:
        found = bucket("b")
        found["Properties"]["BucketName"] = {"Fn::If": ["C", "a", "b"]}
        assert change(defined(TRUE, found), defined(FALSE, found)).effect == "replaced"
        assert change(defined(OF_STAGE, found), defined(OF_ACCOUNT, found)).effect == "replaced"

    def test_a_deletion_policy_that_is_no_text_keeps_nothing(self) -> None:
        found = bucket("b")
        found["DeletionPolicy"] = {"Fn::If": ["C", "Retain", "Delete"]}
        assert change(defined(OF_STAGE, found), with_sections(stack(), Conditions={})).fate == "deleted"


STAGES = ("dev", "prod")
ACTIONS = ("a:X", "a:Y")
TESTS = st.deferred(
    lambda: st.one_of(
        st.builds(lambda *sides: {"Fn::Equals": [*sides]}, *2 * [st.sampled_from(({"Ref": "Stage"}, *STAGES))]),
        st.sampled_from([{"Condition": "C"}, {"Condition": "D"}]),
        TESTS.map(lambda test: {"Fn::Not": [test]}),
        st.builds(lambda name, *parts: {name: [*parts]}, st.sampled_from(["Fn::And", "Fn::Or"]), TESTS, TESTS),
    )
)
STATEMENTS = st.builds(
    lambda effect, action: {"Effect": effect, "Action": action, "Resource": "*"},
    st.sampled_from(["Allow", "Deny"]),
    st.sampled_from([*ACTIONS, "a:*"]),
)
CHOICES = st.deferred(
    lambda: st.one_of(
        STATEMENTS,
        st.just(NOTHING),
        st.builds(lambda *parts: {"Fn::If": [*parts]}, st.sampled_from("ABCD"), CHOICES, CHOICES),
    )
)
TEMPLATES = st.builds(
    lambda conditions, found, condition: {
        # Only those before it, so that none names itself.
        "Conditions": {name: conditions[name] for name in "CD"} | {"A": conditions["A"], "B": {"Fn::Not": [TRUE]}},
        "Resources": {"R": {**role(*found), **({"Condition": condition} if condition else {})}},
        "Parameters": STAGE,
    },
    st.fixed_dictionaries(
        {
            "A": TESTS,
            "C": st.sampled_from([OF_STAGE, {"Fn::Not": [OF_STAGE]}, TRUE]),
            "D": st.sampled_from([{"Fn::Not": [{"Condition": "C"}]}, {"Fn::Or": [{"Condition": "C"}, FALSE]}]),
        }
    ),
    st.lists(CHOICES, max_size=3),
    st.sampled_from([None, "A", "C"]),
)


def holds(test: Any, conditions: dict[str, Any], stage: str) -> bool:
    """Whether a condition holds in a deployment, by CloudFormation's own rules."""
    ((function, arguments),) = test.items()
    if function == "Condition":
        return holds(conditions[arguments], conditions, stage)
    if function == "Fn::Equals":
        left, right = (stage if side == {"Ref": "Stage"} else side for side in arguments)
        return bool(left == right)
    parts = [holds(each, conditions, stage) for each in arguments]
    return {"Fn::Not": not parts[0], "Fn::And": all(parts), "Fn::Or": any(parts)}[function]


def deployed(template: dict[str, Any], stage: str) -> set[str]:
    """What the role of a template may do, as it is deployed."""
    conditions, found = template["Conditions"], template["Resources"]["R"]
    if "Condition" in found and not holds({"Condition": found["Condition"]}, conditions, stage):
        return set()
    (policy,) = found["Properties"]["Policies"]
    allowed: dict[str, set[str]] = {"Allow": set(), "Deny": set()}
    for choice in policy["PolicyDocument"]["Statement"]:
        while "Fn::If" in choice:
            name, *sides = choice["Fn::If"]
            choice = sides[0 if holds({"Condition": name}, conditions, stage) else 1]  # noqa: PLW2901
        if choice != NOTHING:
            allowed[choice["Effect"]] |= {one for one in ACTIONS if choice["Action"] in {one, "a:*"}}
    return allowed["Allow"] - allowed["Deny"]


@given(TEMPLATES, TEMPLATES)
def test_whatever_some_deployment_newly_allows_is_a_widening(old: dict[str, Any], new: dict[str, Any]) -> None:
    before, after = (replace(stack(), template=each) for each in (old, new))
    if any(deployed(new, stage) - deployed(old, stage) for stage in STAGES):
        assert any(change.is_widening for change in policies(before, after))
