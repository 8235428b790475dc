"""Every form in which a statement may reach further, and every kind of policy in which it may stand."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from slipway.review.policies import statements
from slipway.review.policy_diff import PolicyChange, policy_changes
from slipway.review.policy_words import sentence

from .templates import allow, resource, role, stack

READ = allow("s3:GetObject")
ACCOUNT, OTHER = "111111111111", "222222222222"


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[PolicyChange]:
    return policy_changes(*(statements(stack(**each)) for each in (old, new)))


def is_widening(old: dict[str, Any], new: dict[str, Any]) -> bool:
    assert changes(old, old) == changes(new, new) == []
    return any(change.is_widening for change in changes(old, new))


def is_wider(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether a statement of a role lets it do more than another one does."""
    return is_widening({"R": role(old)}, {"R": role(new)})


def words(change: PolicyChange) -> str:
    return sentence(change, "linear", lambda text: text)


def denied(statement: dict[str, Any]) -> dict[str, Any]:
    return {**statement, "Effect": "Deny"}


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        # Fn::Sub and Fn::Join
        (allow({"Fn::Sub": "s3:${Verb}Object"}), allow({"Fn::Sub": "s3:${Verb}*"})),
        (allow("s3:*", {"Fn::Sub": "${B.Arn}/in/*"}), allow("s3:*", {"Fn::Sub": "${B.Arn}/*"})),
        (allow("s3:*", {"Fn::Sub": ["${X}/in/*", {"X": {"Ref": "B"}}]}), allow("s3:*", {"Fn::Sub": "${B}/*"})),
        (
            allow("s3:*", {"Fn::Join": ["", [{"Fn::GetAtt": ["B", "Arn"]}, "/in/*"]]}),
            allow("s3:*", {"Fn::Join": ["", [{"Fn::GetAtt": ["B", "Arn"]}, "/*"]]}),
        ),
        (allow("s3:*", {"Fn::Join": ["/", [{"Ref": "B"}, "in"]]}), allow("s3:*", {"Fn::Sub": "${B}/*"})),
        (
            allow("s3:*", {"Fn::Join": ["", [{"Fn::ImportValue": "a"}, "/in"]]}),
            allow("s3:*", {"Fn::Join": ["", [{"Fn::ImportValue": "a"}, "/*"]]}),
        ),
        (allow("s3:*", "arn:????"), allow("s3:*", {"Fn::Sub": "arn:${B}"})),
        (allow("s3:*", "arn:??????????"), allow("s3:*", {"Fn::Sub": "arn:${Bucket}"})),
        # NotAction and NotResource
        (
            {"Effect": "Allow", "NotAction": ["iam:*", "kms:*"], "Resource": "*"},
            {"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"},
        ),
        (READ, {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
        (
            {"Effect": "Allow", "Action": "s3:*", "NotResource": ["arn:a", "arn:b"]},
            {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:b"},
        ),
        (
            {"Effect": "Allow", "Action": "s3:*", "NotResource": {"Fn::Sub": "${B.Arn}/*"}},
            {"Effect": "Allow", "Action": "s3:*", "NotResource": {"Fn::Sub": "${B.Arn}/in/*"}},
        ),
        # Condition
        (allow("s3:*", Condition={"StringEquals": {"k": "v"}}), allow("s3:*")),
        (
            allow("s3:*", Condition={"StringEquals": {"k": "v"}}),
            allow("s3:*", Condition={"StringLike": {"k": "v*"}}),
        ),
        (
            allow("s3:*", Condition={"StringEquals": {"k": "v", "l": "w"}}),
            allow("s3:*", Condition={"StringEquals": {"k": "v"}}),
        ),
        (
            allow("s3:*", Condition={"StringEquals": {"k": "v"}}),
            allow("s3:*", Condition={"StringEqualsIfExists": {"k": "v"}}),
        ),
        (
            allow("s3:*", Condition={"StringEquals": {"k": {"Ref": "A"}}}),
            allow("s3:*", Condition={"StringEquals": {"k": [{"Ref": "A"}, {"Ref": "B"}]}}),
        ),
        (
            allow("s3:*", Condition={"StringEquals": {"Fn::If": ["C", {"k": "v"}, {"k": "w"}]}}),
            allow("s3:*", Condition={"StringEquals": {"Fn::If": ["C", {"k": "w"}, {"k": "v"}]}}),
        ),
        (allow("s3:*", Condition={"Fn::FindInMap": ["M", "a", "b"]}), allow("s3:*")),
        (allow("s3:*", Condition={"StringEquals": {"Fn::FindInMap": ["M", "a", "b"]}}), allow("s3:*")),
        (allow("s3:*", Condition={"Ref": "P"}), allow("s3:*")),
        (
            allow("s3:*", Condition={"StringLike": {"k": "v"}, "StringNotLike": {"k": "w"}}),
            allow("s3:*", Condition={"StringLike": {"k": "v"}}),
        ),
    ],
)
def test_a_statement_that_reaches_further_is_wider_and_its_denial_narrower(
    narrow: dict[str, Any], wide: dict[str, Any]
) -> None:
    assert is_wider(narrow, wide)
    assert is_wider(denied(wide), denied(narrow))


def test_two_conditions_on_one_key_are_both_kept() -> None:
    both = allow("s3:*", Condition={"StringLike": {"k": "v*"}, "StringNotLike": {"k": "vw"}})
    (change,) = changes({"R": role()}, {"R": role(both)})
    assert words(change).endswith("only if k StringLike v* and k StringNotLike vw")


def test_what_cannot_be_read_matches_nothing_but_itself() -> None:
    """Whatever stars its text has."""
    one = {"Fn::Sub": ["${X}*", {"X": {"Fn::ImportValue": "a"}}]}
    assert is_wider(allow("s3:*", one), allow("s3:*", {"Fn::Sub": ["${X}*/b", {"X": {"Fn::ImportValue": "a"}}]}))
    assert not is_wider(allow("s3:*", "*"), allow("s3:*", one))


Made = Callable[..., dict[str, Any]]


def of_kind(kind: str, name: str, **more: Any) -> Made:
    """What makes resources of a kind which hold statements in the property `name`."""

    def made(*found: dict[str, Any]) -> dict[str, Any]:
        return {"P": resource(kind, **{name: {"Version": "2012-10-17", "Statement": [*found]}, **more})}

    return made


def of_logs(*found: dict[str, Any]) -> dict[str, Any]:
    return {
        "P": resource("AWS::Logs::ResourcePolicy", PolicyName="p", PolicyDocument=json.dumps({"Statement": found}))
    }


POLICIES: list[Made] = [
    of_kind("AWS::IAM::Role", "AssumeRolePolicyDocument"),
    of_kind("AWS::S3::BucketPolicy", "PolicyDocument", Bucket={"Ref": "B"}),
    of_kind("AWS::KMS::Key", "KeyPolicy"),
    of_kind("AWS::ECR::Repository", "RepositoryPolicyText", RepositoryName="r"),
    of_kind("AWS::SNS::TopicPolicy", "PolicyDocument", Topics=[{"Ref": "T"}]),
    of_kind("AWS::SQS::QueuePolicy", "PolicyDocument", Queues=[{"Ref": "Q"}]),
    of_kind("AWS::SecretsManager::ResourcePolicy", "ResourcePolicy", SecretId={"Ref": "S"}),
    of_kind("AWS::S3::AccessPoint", "Policy", Bucket="b"),
    of_logs,
]
CALLED = {"Effect": "Allow", "Action": "a:Call", "Resource": "*"}


@pytest.mark.parametrize("made", POLICIES)
@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ({"AWS": ACCOUNT}, {"AWS": [ACCOUNT, OTHER]}),
        ({"AWS": ACCOUNT}, {"AWS": "*"}),
        ({"AWS": ACCOUNT}, "*"),
        ({"Service": "a.amazonaws.com"}, {"Service": ["a.amazonaws.com", "b.amazonaws.com"]}),
        ({"AWS": {"Fn::Sub": "${Role.Arn}"}}, {"AWS": [{"Fn::GetAtt": ["Role", "Arn"]}, {"Ref": "Guest"}]}),
        ({"Federated": "*"}, {"AWS": OTHER}),
        ({"AWS": {"Fn::If": ["C", ACCOUNT, {"Ref": "AWS::NoValue"}]}}, {"AWS": ACCOUNT}),
    ],
)
def test_a_policy_that_lets_others_in_is_a_widening(made: Made, narrow: Any, wide: Any) -> None:
    assert is_widening(made({**CALLED, "Principal": narrow}), made({**CALLED, "Principal": wide}))
    assert is_widening(made(), made({**CALLED, "Principal": narrow}))
    assert is_widening(made(denied({**CALLED, "Principal": wide})), made(denied({**CALLED, "Principal": narrow})))


@pytest.mark.parametrize("made", POLICIES)
def test_an_exception_that_goes_from_a_policy_is_a_widening(made: Made) -> None:
    two, one = ({**CALLED, "NotPrincipal": {"AWS": each}} for each in ([ACCOUNT, OTHER], [ACCOUNT]))
    assert is_widening(made(two), made(one))
    assert is_widening(made(denied(one)), made(denied(two)))


@pytest.mark.parametrize("made", POLICIES)
def test_a_policy_that_takes_any_source_is_a_widening(made: Made) -> None:
    anyone = {**CALLED, "Principal": {"Service": "a.amazonaws.com"}}
    ours = {**anyone, "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}
    theirs = {**anyone, "Condition": {"StringEquals": {"aws:SourceAccount": [ACCOUNT, OTHER]}}}
    assert is_widening(made(ours), made(anyone))
    assert is_widening(made(ours), made(theirs))
    assert not is_widening(made(theirs), made(ours))


@pytest.mark.parametrize(("kind", "name"), [("SNS::TopicPolicy", "Topics"), ("SQS::QueuePolicy", "Queues")])
@pytest.mark.parametrize("other", [{"Ref": "Other"}, "arn:aws:sns:us-east-1:111111111111:other"])
def test_a_policy_that_holds_for_more_resources_is_a_widening(kind: str, name: str, other: Any) -> None:
    def made(*targets: Any) -> dict[str, Any]:
        return of_kind(f"AWS::{kind}", "PolicyDocument", **{name: [*targets]})({**CALLED, "Principal": "*"})

    assert is_widening(made({"Ref": "One"}), made({"Ref": "One"}, other))
    assert not is_widening(made({"Ref": "One"}, other), made({"Ref": "One"}))


@pytest.mark.parametrize(
    "key", ["SourceArn", "SourceAccount", "PrincipalOrgID", "EventSourceToken", "FunctionUrlAuthType"]
)
def test_a_function_that_more_may_call_is_a_widening(key: str) -> None:
    given = {"FunctionName": {"Ref": "F"}, "Action": "lambda:InvokeFunction", "Principal": "*"}
    anyone, some = ({"P": resource("AWS::Lambda::Permission", **given, **more)} for more in ({}, {key: "one"}))
    assert is_widening(some, anyone)
    assert not is_widening(anyone, some)
    assert words(changes(some, anyone)[0]).startswith("everyone may now lambda:InvokeFunction on the resource F")


def test_a_layer_that_everyone_may_use_is_a_widening() -> None:
    given = {"LayerVersionArn": {"Ref": "L"}, "Action": "lambda:GetLayerVersion", "Principal": "*"}
    own = {"P": resource("AWS::Lambda::LayerVersionPermission", OrganizationId="o-1", **given)}
    assert is_widening(own, {"P": resource("AWS::Lambda::LayerVersionPermission", **given)})


@pytest.mark.parametrize(
    "found",
    [
        '{"Statement": ${Statements}}',
        '[{"Principal": ["*"], "Rules": []}]',
        {"statement": [READ]},
        {"Statement": [{"Action": "s3:*", "Resource": "*"}]},
        {},
    ],
)
def test_a_document_that_cannot_be_read_is_a_widening_whenever_it_changes(found: Any) -> None:
    known = {"P": resource("AWS::IAM::Policy", Roles=["admin"], PolicyDocument={"Statement": [READ]})}
    unknown = {"P": resource("AWS::IAM::Policy", Roles=["admin"], PolicyDocument=found)}
    assert is_widening(known, unknown)
    assert is_widening(unknown, known)


def test_a_managed_policy_that_a_condition_attaches_is_named() -> None:
    attached = resource("AWS::IAM::Role", ManagedPolicyArns=[{"Fn::If": ["C", "arn:a", "arn:b"]}])
    come = {words(change) for change in changes({"R": resource("AWS::IAM::Role")}, {"R": attached})}
    may = "the role R of linear may now do all of the policy"
    assert come == {
        f"{may} arn:{which} on every resource, only if the stack's condition C is {word}"
        for which, word in (("a", "true"), ("b", "false"))
    }


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("SageMaker::Model", "ExecutionRoleArn"),
        ("Lambda::Function", "Role"),
        ("ECS::TaskDefinition", "TaskRoleArn"),
        ("SageMaker::NotebookInstance", "RoleArn"),
    ],
)
def test_what_runs_as_another_role_is_a_widening(kind: str, name: str) -> None:
    own = {"Fn::GetAtt": ["ExecutionRole", "Arn"]}
    admin = "arn:aws:iam::111111111111:role/admin"
    before, after = ({"M": resource(f"AWS::{kind}", **{name: each})} for each in (own, admin))
    assert is_widening(before, after)
    assert words(changes(before, after)[0]).startswith(
        f"what runs as M of linear may now do all of the role {admin}"
    )
    sometimes = {"M": resource(f"AWS::{kind}", **{name: {"Fn::If": ["C", admin, own]}})}
    assert is_widening(before, sometimes)
    assert is_widening(sometimes, after)
    assert not is_widening(sometimes, {})


def test_a_boundary_that_another_one_takes_the_place_of_is_a_widening() -> None:
    old, new = ({"R": resource("AWS::IAM::Role", PermissionsBoundary=f"arn:{name}")} for name in "ab")
    assert is_widening(old, new)
    sometimes = {
        "R": resource("AWS::IAM::Role", PermissionsBoundary={"Fn::If": ["C", "arn:a", {"Ref": "AWS::NoValue"}]})
    }
    assert is_widening(old, sometimes)
    assert not is_widening(sometimes, old)
