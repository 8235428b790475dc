"""What somebody may do now and could not before, whatever the statements look like."""

from fnmatch import fnmatchcase
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.review.policies import statements
from slipway.review.policy_diff import PolicyChange, policy_changes
from slipway.review.policy_words import sentence

from .templates import allow, resource, role, stack

SSL = {"Bool": {"aws:SecureTransport": "false"}}


def of_roles(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[PolicyChange]:
    return policy_changes(statements(stack(Role=role(*old))), statements(stack(Role=role(*new))))


def words(change: PolicyChange) -> str:
    return sentence(change, "linear", lambda text: text)


def test_a_statement_that_appears_is_in_words() -> None:
    (change,) = of_roles([], [allow("s3:PutObject", "arn:aws:s3:::b/captures/*")])
    assert (change.kind, change.is_widening) == ("appears", True)
    assert words(change) == "the role Role of linear may now write to arn:aws:s3:::b/captures/* (s3:PutObject)"


def test_a_statement_that_goes_is_no_widening() -> None:
    (change,) = of_roles([allow("s3:GetObject", "arn:aws:s3:::b/*")], [])
    assert (change.kind, change.is_widening) == ("goes", False)
    assert words(change) == "the role Role of linear may no longer read arn:aws:s3:::b/* (s3:GetObject)"


def test_of_a_statement_that_widens_the_new_part_is_named() -> None:
    old, new = (
        allow("s3:GetObject", ["arn:a", "arn:b"]),
        allow(["s3:GetObject", "s3:PutObject"], ["arn:a", "arn:b"]),
    )
    (change,) = of_roles([old], [new])
    assert (change.kind, change.grants.actions, change.grants.resources) == (
        "widens",
        {"s3:PutObject"},
        {"arn:a", "arn:b"},
    )


def test_split_moved_and_repeated_statements_are_no_change() -> None:
    whole = allow(["s3:GetObject", "s3:PutObject"], ["arn:a", "arn:b"], Sid="One")
    parts = [
        allow(action, where, Sid="Other")
        for action in ("s3:PutObject", "s3:getobject")
        for where in ("arn:b", "arn:a")
    ]
    assert of_roles([whole], parts) == []


def test_a_wildcard_covers_what_it_matches_and_no_more() -> None:
    assert [change.kind for change in of_roles([allow("s3:*", "arn:*")], [allow("s3:GetObject", "arn:a/*")])] == [
        "goes"
    ]
    (change,) = of_roles([allow("s3:GetObject", "arn:a/?")], [allow("s3:GetObject", "arn:a/*")])
    assert change.is_widening


def test_a_condition_that_vanishes_widens_and_one_that_comes_narrows() -> None:
    bare, conditioned = allow("s3:GetObject"), allow("s3:GetObject", Condition={"StringEquals": {"k": ["v", "w"]}})
    widened = of_roles([conditioned], [bare])[0]
    assert (widened.kind, widened.is_widening) == ("widens", True)
    assert "no longer only if k StringEquals v or w" in words(widened)
    assert not any(change.is_widening for change in of_roles([bare], [conditioned]))


def test_a_denial_that_goes_widens() -> None:
    denial = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    assert [change.is_widening for change in of_roles([denial], [])] == [True]
    assert [change.is_widening for change in of_roles([], [denial])] == [False]
    assert "is no longer denied to do everything in S3 on every resource" in words(of_roles([denial], [])[0])


def test_not_action_is_compared_as_it_stands() -> None:
    statement = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    assert of_roles([statement], [statement]) == []
    assert of_roles([allow("s3:*")], [statement])[0].is_widening
    assert of_roles([allow("*")], [statement])[0].kind == "appears"


def of_resources(old: dict[str, Any], new: dict[str, Any]) -> list[PolicyChange]:
    return policy_changes(statements(stack(**old)), statements(stack(**new)))


def test_who_may_take_a_role_is_said() -> None:
    def trusted(service: str) -> dict[str, Any]:
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
        return {"Role": resource("AWS::IAM::Role", AssumeRolePolicyDocument={"Statement": [statement]})}

    (comes, goes) = of_resources(trusted("sagemaker.amazonaws.com"), trusted("lambda.amazonaws.com"))
    assert words(comes) == "lambda.amazonaws.com may now take the role Role (sts:AssumeRole)"
    assert goes.kind == "goes"


def test_a_bucket_policy_is_about_its_bucket() -> None:
    def policy(*found: dict[str, Any]) -> dict[str, Any]:
        document = {"Statement": [*found]}
        return {"Policy": resource("AWS::S3::BucketPolicy", Bucket={"Ref": "B"}, PolicyDocument=document)}

    everyone = allow("s3:GetObject", {"Fn::GetAtt": ["B", "Arn"]}, Principal="*")
    (change,) = of_resources(policy(), policy(everyone))
    assert change.holder.name == "B"
    assert words(change) == "everyone may now read ${B.Arn} (s3:GetObject)"
    (opened,) = of_resources(
        policy({"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Principal": {"AWS": "*"}, "Condition": SSL}),
        policy(),
    )
    assert opened.is_widening


def test_another_principal_widens_unless_everyone_may_already() -> None:
    def key(*principals: str) -> dict[str, Any]:
        statement = allow("kms:Decrypt", Principal={"AWS": [*principals]})
        return {"Key": resource("AWS::KMS::Key", KeyPolicy={"Statement": [statement]})}

    (change,) = of_resources(key("arn:a"), key("arn:a", "arn:b"))
    assert change.grants.principals == {"arn:b"}
    assert words(change) == "arn:b may now decrypt with the resource Key (kms:Decrypt)"
    assert not any(each.is_widening for each in of_resources(key("*"), key("arn:a", "arn:b")))


def test_a_policy_counts_for_the_roles_it_is_attached_to() -> None:
    def attached(action: str) -> dict[str, Any]:
        document = {"Statement": [allow(action)]}
        policy = resource("AWS::IAM::Policy", PolicyDocument=document, Roles=[{"Ref": "Role"}])
        return {"Role": resource("AWS::IAM::Role"), "Policy": policy}

    inline = {"Role": role(allow("s3:GetObject"))}
    assert of_resources(inline, attached("s3:GetObject")) == []
    assert of_resources(inline, attached("s3:PutObject"))[0].holder.name == "Role"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        (
            "ManagedPolicyArns",
            ["arn:aws:iam::aws:policy/AdministratorAccess"],
            "all of the policy arn:aws:iam::aws",
        ),
        ("PermissionsBoundary", "arn:aws:iam::1:policy/b", "all outside the boundary arn:aws:iam::1"),
    ],
)
def test_managed_policies_and_boundaries_of_a_role_count(name: str, value: Any, text: str) -> None:
    bare, more = resource("AWS::IAM::Role"), resource("AWS::IAM::Role", **{name: value})
    (comes,) = of_resources({"Role": bare}, {"Role": more})
    (goes,) = of_resources({"Role": more}, {"Role": bare})
    assert text in words(comes)
    assert [comes.is_widening, goes.is_widening] == ([True, False] if "Arns" in name else [False, True])


POLICY = {"Statement": [allow("s3:GetObject")]}
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.mark.parametrize(
    ("kind", "old", "new", "text"),
    [
        (
            "ManagedPolicy",
            {"Roles": [{"Ref": "A"}]},
            {"Roles": [{"Ref": "A"}, {"Ref": "B"}]},
            "the role B of linear may now do all of the policy ${It} on every resource",
        ),
        (
            "ManagedPolicy",
            {},
            {"Users": ["eve"]},
            "the user named eve of linear may now do all of the policy ${It}",
        ),
        ("Policy", {"Roles": [{"Ref": "A"}]}, {"Roles": [{"Ref": "A"}], "Users": ["eve"]}, "the user named eve"),
        ("Policy", {"Roles": [{"Ref": "A"}]}, {"Roles": [{"Ref": "A"}, "admin"]}, "the role named admin"),
        ("Policy", {"Roles": [{"Ref": "A"}]}, {"Roles": ["A"]}, "the role named A"),
        (
            "Policy",
            {"Roles": [{"Ref": "A"}]},
            {"Roles": [{"Fn::Sub": "${A}-other"}]},
            "the role named ${A}-other",
        ),
        ("Policy", {"Groups": ["a"]}, {"Groups": ["a", {"Ref": "G"}]}, "the group G of linear may now read"),
        ("UserPolicy", {"UserName": "adam"}, {"UserName": "eve"}, "the user named eve"),
        ("GroupPolicy", {"GroupName": {"Ref": "A"}}, {"GroupName": {"Ref": "B"}}, "the group B"),
    ],
)
def test_a_policy_that_more_principals_get_widens(
    kind: str, old: dict[str, Any], new: dict[str, Any], text: str
) -> None:
    policies = [
        {"It": resource(f"AWS::IAM::{kind}", PolicyDocument=POLICY, **attachments)} for attachments in (old, new)
    ]
    (widened,) = [change for change in of_resources(*policies) if change.is_widening]
    assert text in words(widened)
    assert of_resources(policies[1], policies[1]) == []


@pytest.mark.parametrize("kind", ["User", "Group"])
def test_what_users_and_groups_get_counts_as_what_roles_get(kind: str) -> None:
    bare = {"It": resource(f"AWS::IAM::{kind}")}
    for more, text in (
        ({"ManagedPolicyArns": [ADMINISTRATOR]}, f"do all of the policy {ADMINISTRATOR}"),
        ({"Policies": [{"PolicyName": "p", "PolicyDocument": POLICY}]}, "read every resource"),
    ):
        (comes,) = of_resources(bare, {"It": resource(f"AWS::IAM::{kind}", **more)})
        assert comes.is_widening
        assert words(comes).startswith(f"the {kind.lower()} It of linear may now {text}")


def test_a_user_who_joins_a_group_may_do_more() -> None:
    joined = {"U": resource("AWS::IAM::User", Groups=[{"Ref": "G"}])}
    added = {
        "U": resource("AWS::IAM::User"),
        "X": resource("AWS::IAM::UserToGroupAddition", GroupName={"Ref": "G"}, Users=[{"Ref": "U"}]),
    }
    (change,) = of_resources({"U": resource("AWS::IAM::User")}, joined)
    assert change.is_widening
    assert of_resources(joined, added) == []


def test_a_managed_policy_may_be_attached_from_either_side() -> None:
    policy = resource("AWS::IAM::ManagedPolicy", PolicyDocument=POLICY)
    by_role = {"R": resource("AWS::IAM::Role", ManagedPolicyArns=[{"Ref": "P"}]), "P": policy}
    by_policy = {
        "R": resource("AWS::IAM::Role"),
        "P": {**policy, "Properties": {**policy["Properties"], "Roles": [{"Ref": "R"}]}},
    }
    assert of_resources(by_role, by_policy) == []


@pytest.mark.parametrize("operator", ["StringEquals", "StringLike", "ArnLike", "IpAddress"])
def test_a_condition_with_fewer_values_narrows(operator: str) -> None:
    both, one = (allow("s3:*", Condition={operator: {"k": values}}) for values in (["a", "b"], ["a"]))
    assert {change.is_widening for change in of_roles([both], [one])} == {False}
    assert {change.is_widening for change in of_roles([one], [both])} == {True}
    denials = [{**each, "Effect": "Deny"} for each in (both, one)]
    assert [change.is_widening for change in of_roles(*([each] for each in denials))] == [True]


@pytest.mark.parametrize(
    "operator",
    ["StringNotEquals", "NotIpAddress", "ArnNotLike", "StringEqualsIfExists", "Null", "NumericLessThan"],
)
def test_a_negated_condition_with_fewer_values_widens(operator: str) -> None:
    both, one = (allow("s3:*", Condition={operator: {"k": values}}) for values in (["a", "b"], ["a"]))
    assert any(change.is_widening for change in of_roles([both], [one]))


def test_one_value_that_reads_like_two_is_another_condition() -> None:
    two, one = (allow("s3:*", Condition={"StringEquals": {"k": values}}) for values in (["a", "b"], ["a or b"]))
    assert any(change.is_widening for change in of_roles([two], [one]))


CONDITIONED = st.lists(
    st.builds(
        lambda operator, values: allow(["s3:*"], ["*"], Condition={operator: {"k": sorted(values)}}),
        st.sampled_from(["StringEquals", "StringNotEquals", "StringEqualsIfExists"]),
        st.sets(st.sampled_from("abc"), min_size=1),
    ),
    max_size=3,
)


def keys_allowed(found: list[dict[str, Any]]) -> set[str | None]:
    """Return the values of the key, None for no key, with which something is allowed."""

    def holds(condition: dict[str, Any], value: str | None) -> bool:
        ((operator, tests),) = condition.items()
        fits = value in tests["k"]
        return {
            "StringEquals": fits,
            "StringNotEquals": not fits,
            "StringEqualsIfExists": value is None or fits,
        }[operator]

    return {value for value in (None, *"abcd") if any(holds(each["Condition"], value) for each in found)}


@given(CONDITIONED, CONDITIONED)
def test_whatever_conditions_newly_allow_is_reported(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
    if keys_allowed(new) - keys_allowed(old):
        assert any(change.is_widening for change in of_roles(old, new))


PATTERN = st.text(alphabet="ab*?", min_size=1, max_size=3)
STATEMENTS = st.lists(
    st.builds(allow, st.lists(PATTERN, min_size=1, max_size=2), st.lists(PATTERN, min_size=1, max_size=2)),
    max_size=3,
)
WORDS = ["".join(letters) for size in (1, 2, 3) for letters in product("ab", repeat=size)]


def allowed(found: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {
        (action, where)
        for statement in found
        for action, where in product(WORDS, WORDS)
        if any(fnmatchcase(action, pattern) for pattern in statement["Action"])
        and any(fnmatchcase(where, pattern) for pattern in statement["Resource"])
    }


@given(STATEMENTS, STATEMENTS)
def test_whatever_is_newly_allowed_is_reported(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
    changes = [change for change in of_roles(old, new) if change.is_widening]
    reported = allowed([allow([*each.grants.actions], [*each.grants.resources]) for each in changes])
    assert allowed(new) - allowed(old) <= reported
    assert reported <= allowed(new)


@given(STATEMENTS)
def test_the_same_statements_are_no_change(found: list[dict[str, Any]]) -> None:
    assert of_roles(found, list(reversed(found))) == []
