"""Statements by the template's conditions, and those that only CloudFormation can read."""

from typing import Any

import pytest

from slipway.review.policies import statements
from slipway.review.policy_diff import PolicyChange, policy_changes
from slipway.review.policy_words import sentence

from .templates import allow, resource, stack

NOTHING = {"Ref": "AWS::NoValue"}
ALL = allow("s3:*")
DENIAL = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
INCLUDED = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://b/*"}}}
MAPPED = {"Fn::FindInMap": ["Effects", "local", "Effect"]}


def when(yes: Any, no: Any, name: str = "C") -> dict[str, Any]:
    return {"Fn::If": [name, yes, no]}


def document(*found: Any) -> dict[str, Any]:
    return {"Statement": [*found]}


def changes(old: Any, new: Any) -> list[PolicyChange]:
    return policy_changes(*(statements(stack(Role=role_with(each))) for each in (old, new)))


def role_with(policy_document: Any) -> dict[str, Any]:
    return resource("AWS::IAM::Role", Policies=[{"PolicyName": "Default", "PolicyDocument": policy_document}])


def is_widening(old: Any, new: Any) -> bool:
    return any(change.is_widening for change in changes(old, new))


def words(change: PolicyChange) -> str:
    return sentence(change, "linear", lambda text: text)


@pytest.mark.parametrize(
    "found",
    [
        when(document(ALL), document()),
        {"Statement": when([ALL], [])},
        {"Statement": when(ALL, NOTHING)},
        document(when(ALL, NOTHING)),
        document(when(when(ALL, NOTHING), NOTHING)),
        document(allow(when("s3:*", NOTHING))),
        document(allow([when("s3:*", NOTHING)])),
        document(allow("s3:*", [when("*", NOTHING)])),
        document({**ALL, "Effect": when("Allow", "Deny")}),
    ],
)
def test_what_is_allowed_under_a_condition_of_the_template_is_a_widening(found: Any) -> None:
    comes = [change for change in changes(document(), found) if change.is_widening]
    allowed = "the role Role of linear may now do everything in S3 on every resource (s3:*)"
    assert [words(change) for change in comes] == [f"{allowed}, only if the stack's condition C is true"]
    assert changes(found, found) == []


def test_a_policy_that_a_role_has_only_sometimes_counts() -> None:
    policy = {"PolicyName": "Default", "PolicyDocument": document(ALL)}
    old, new = (resource("AWS::IAM::Role", Policies=each) for each in ([], [when(policy, NOTHING)]))
    assert policy_changes(statements(stack(Role=old)), statements(stack(Role=new)))[0].is_widening


def test_a_condition_that_goes_widens_and_one_that_comes_does_not() -> None:
    sometimes, always = document(when(ALL, NOTHING)), document(ALL)
    (widens,) = changes(sometimes, always)
    assert widens.is_widening
    assert "no longer only if the stack's condition C is true" in words(widens)
    assert not is_widening(always, sometimes)


def test_a_denial_that_holds_only_sometimes_now_widens() -> None:
    sometimes, always = document(when(DENIAL, NOTHING)), document(DENIAL)
    assert is_widening(always, sometimes)
    assert not is_widening(sometimes, always)


def test_the_condition_of_a_statement_may_be_there_only_sometimes() -> None:
    block = {"StringEquals": {"k": "v"}}
    bare, sometimes = (document({**DENIAL, **more}) for more in ({}, {"Condition": when(block, NOTHING)}))
    assert is_widening(bare, sometimes)
    assert is_widening(document({**ALL, "Condition": when(block, NOTHING)}), document(ALL))


def test_only_the_branch_that_changes_is_a_change() -> None:
    old, new = (document(allow([when("s3:GetObject", each), "s3:ListBucket"])) for each in (NOTHING, "s3:*"))
    (change,) = changes(old, new)
    assert (change.grants.actions, change.is_widening) == ({"s3:*"}, True)


def test_branches_that_exclude_each_other_are_none() -> None:
    found = document(allow(when("s3:*", "s3:GetObject"), when("arn:a", "arn:b")))
    granted = {(*change.grants.actions, *change.grants.resources) for change in changes(document(), found)}
    assert granted == {("s3:*", "arn:a"), ("s3:GetObject", "arn:b")}


@pytest.mark.parametrize(
    "found",
    [
        INCLUDED,
        {"Statement": INCLUDED},
        document(INCLUDED),
        document({**ALL, "Effect": MAPPED}),
        document({**ALL, **INCLUDED}),
    ],
)
@pytest.mark.parametrize("other", [document(), document(DENIAL), document(allow("*"))])
def test_what_only_cloudformation_can_read_is_a_widening_whether_it_comes_or_goes(found: Any, other: Any) -> None:
    assert is_widening(other, found)
    assert is_widening(found, other)
    assert changes(found, found) == []


def test_what_only_cloudformation_can_read_equals_nothing_that_its_text_would_match() -> None:
    other = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://b/another"}}}
    (comes, goes) = changes(document(INCLUDED), document(other))
    assert comes.is_widening
    assert goes.is_widening
    assert "s3://b/another" in words(comes)
    assert words(comes).startswith("the role Role of linear may or may not now, as {")


def test_a_document_that_is_joined_is_read() -> None:
    parts = ['{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "', {"Ref": "B"}, '"}]}']
    (change,) = changes(document(), {"Fn::Join": ["", parts]})
    assert words(change) == "the role Role of linear may now read ${B} (s3:GetObject)"
