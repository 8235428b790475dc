"""Macros and loops: whatever they make of a template, its reviewer cannot know."""

from dataclasses import replace
from typing import Any

import pytest

from slipway.review.assembly import Assembly, Stack
from slipway.review.compare import compare
from slipway.review.gates import judge, parse_fail_on
from slipway.review.json_report import to_json
from slipway.review.markdown import to_markdown
from slipway.review.report import EnvironmentReview, Review

from .templates import allow, bucket, resource, role, stack, type_of
from .test_markdown import REVISIONS

DOCUMENT = {"Statement": [allow("s3:GetObject")]}
POLICY = resource("AWS::IAM::Policy", PolicyDocument=DOCUMENT, Roles=["admin"])


def include(where: str = "s3://b/one") -> dict[str, Any]:
    return {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": where}}}


def compared(old: Stack, new: Stack) -> EnvironmentReview:
    return compare("prod", Assembly({old.name: old}), Assembly({new.name: new}), type_of)


def is_widening(old: Stack, new: Stack) -> bool:
    review = Review(REVISIONS, (compared(old, new),))
    assert to_json(review)
    found = bool(judge(review.environments, parse_fail_on("iam-widening"))[0])
    assert not found or "which cannot be read here," in to_markdown(review)
    return found


def with_properties(found: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**found, "Properties": {**found["Properties"], **more}}


@pytest.mark.parametrize(
    "found",
    [
        with_properties(POLICY, **include()),
        {**POLICY, "Properties": include()},
        {**POLICY, **include()},
        {**POLICY, "Properties": {"Fn::If": ["C", include(), include("s3://b/another")]}},
        with_properties(POLICY, Transform={"Name": "Mine"}),
        with_properties(POLICY, PolicyDocument=include()),
        with_properties(POLICY, PolicyDocument={"Statement": [{**allow("s3:GetObject"), **include()}]}),
        with_properties(POLICY, PolicyDocument={**DOCUMENT, **include()}),
        with_properties(POLICY, PolicyDocument={"Statement": [allow({"Fn::Transform": {"Name": "Mine"}})]}),
        with_properties(POLICY, **{"Fn::ForEach::Part": ["X", ["a"], {"${X}": "b"}]}),
        with_properties(POLICY, PolicyDocument={"Fn::ForEach::Part": ["X", ["Statement"], {"${X}": []}]}),
        with_properties(POLICY, Roles=[include()]),
        resource("AWS::IAM::Role", ManagedPolicyArns=include()),
        resource("AWS::IAM::Role", AssumeRolePolicyDocument={"Fn::Transform": {"Name": "Mine"}}),
        resource("AWS::ApiGateway::RestApi", Body={"x-amazon-apigateway-policy": include()}),
        ["X", ["a", "b"], {"Role${X}": role(allow("*"))}],
        include(),
        "no resource",
        {"Properties": {}},
        resource("AWS::CloudFormation::Stack", TemplateURL="https://s3/one.json"),
        resource("Example::Some::Team::MODULE", Name="a"),
        resource("AWS::Serverless::Function", Policies=["AmazonS3FullAccess"]),
    ],
)
def test_what_cannot_be_read_is_a_widening_when_it_appears_and_no_change_while_it_stays(found: Any) -> None:
    assert is_widening(stack(), stack(Found=found))
    described = replace(stack(Found=found), template={**stack(Found=found).template, "Description": "another"})
    assert not is_widening(stack(Found=found), described)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (with_properties(POLICY, **include()), with_properties(POLICY, **include("s3://b/another"))),
        (with_properties(POLICY, **include()), with_properties(POLICY, PolicyName="more", **include())),
        (with_properties(POLICY, PolicyDocument=include()), POLICY),
        (POLICY, with_properties(POLICY, PolicyDocument=include())),
        (["X", ["a"], {"Role${X}": role(allow("*"))}], ["X", ["a", "b"], {"Role${X}": role(allow("*"))}]),
        (
            resource("AWS::CloudFormation::Stack", TemplateURL="https://s3/one.json"),
            resource("AWS::CloudFormation::Stack", TemplateURL="https://s3/another.json"),
        ),
    ],
)
def test_what_cannot_be_read_is_a_widening_when_it_changes(old: Any, new: Any) -> None:
    assert is_widening(stack(Found=old), stack(Found=new))


def under(transform: Any, found: dict[str, Any]) -> Stack:
    return replace(stack(Found=found), template={"Transform": transform, "Resources": {"Found": found}})


@pytest.mark.parametrize(
    "transform", ["Mine", ["AWS::LanguageExtensions", "Mine"], {"Name": "Mine"}, [{"Name": "M"}]]
)
def test_a_macro_over_the_template_may_make_anything_of_any_change(transform: Any) -> None:
    assert is_widening(stack(Found=bucket("a")), under(transform, bucket("a")))
    assert is_widening(under(transform, bucket("a")), under(transform, bucket("b")))
    assert not is_widening(under(transform, bucket("a")), under(transform, bucket("a")))


@pytest.mark.parametrize("transform", ["AWS::LanguageExtensions", ["AWS::LanguageExtensions"]])
def test_functions_that_one_may_use_now_widen_nothing_by_themselves(transform: Any) -> None:
    found = compared(stack(Found=bucket("a")), under(transform, bucket("a")))
    assert found.widening == []
    assert [change.path for each in found.stacks for change in each.others] == ["Transform"]


def test_a_loop_over_resources_is_shown() -> None:
    loop = {"Fn::ForEach::Roles": ["X", ["a"], {"Role${X}": role()}]}
    text = to_markdown(Review(REVISIONS, (compared(stack(), stack(**loop)),)))
    assert "somebody by `Fn::ForEach::Roles` of `linear` may or may not now, as " in text
    assert "`Resources.Fn::ForEach::Roles`: not there → " in text
