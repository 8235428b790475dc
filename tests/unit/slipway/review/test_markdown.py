"""The comment: what stands where, what fits, and that no name or value gets out of its place."""

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from slipway.review.assembly import Assembly, Stack
from slipway.review.compare import compare
from slipway.review.cost import Cost, CostChange
from slipway.review.document import LIMIT, Block, fit
from slipway.review.findings import Finding
from slipway.review.gates import judge, parse_fail_on
from slipway.review.git import Revisions
from slipway.review.json_report import to_json
from slipway.review.markdown import to_markdown
from slipway.review.models import ModelChange, PackageFacts
from slipway.review.report import EnvironmentReview, Gate, Review

from .templates import allow, bucket, resource, role, stack, type_of

REVISIONS = Revisions("main", "b" * 40, False, "a" * 40, False)
MARKER = "HOSTILE"


def review(*environments: EnvironmentReview, **more: Any) -> Review:
    return Review(REVISIONS, environments, **more)


def compared(old: Stack, new: Stack, name: str = "prod") -> EnvironmentReview:
    return compare(name, Assembly({old.name: old}), Assembly({new.name: new}), type_of)


def test_a_branch_that_changes_nothing_says_so_and_no_more() -> None:
    same = stack(B=bucket("b"))
    lines = to_markdown(review(compared(same, same))).splitlines()
    assert lines[-1] == "- `prod`: nothing changes"
    assert len(lines) == 5


def test_a_base_without_a_common_commit_is_said() -> None:
    same = stack(B=bucket("b"))
    unrelated = replace(review(compared(same, same)), revisions=replace(REVISIONS, has_common_commit=False))
    assert "(`main`), of whose commits git has none in common with this branch, and" in to_markdown(unrelated)
    assert to_json(unrelated)["revisions"]["has_common_commit"] is False
    assert "in common" not in to_markdown(review(compared(same, same)))


def test_tools_that_were_missing_are_named() -> None:
    same = stack(B=bucket("b"))
    without = review(compared(same, same), missing_tools=("cfn-lint", "cdk-nag"))
    assert "Without the findings of `cfn-lint` and `cdk-nag`, which `pip install -r " in to_markdown(without)
    assert to_json(without)["missing_tools"] == ["cfn-lint", "cdk-nag"]
    assert "Without the findings" not in to_markdown(review(compared(same, same)))


def test_what_holds_data_and_goes_comes_first_and_bold() -> None:
    old = stack(B=bucket("old"), E=resource("AWS::SageMaker::Endpoint", EndpointName="e", Tags=["a"]), R=role())
    new = stack(
        B=bucket("new"), E=resource("AWS::SageMaker::Endpoint", EndpointName="f", Tags=["a"]), R=role(allow("*"))
    )
    text = to_markdown(review(compared(old, new)))
    assert "- `prod`: **1 stateful resource replaced or deleted**, 1 other replaced or deleted" in text
    assert text.index("**`B` (`AWS::S3::Bucket` of `linear`) is replaced**") < text.index("- `E` (")
    assert text.index("is replaced") < text.index("**Allow appears**")
    assert "`BucketName`: `old` → `new` (replaces it). **The old one is deleted, with what it holds.**" in text


def test_a_stack_that_goes_stays_deployed() -> None:
    gone = stack(E=resource("AWS::SageMaker::Endpoint"))
    text = to_markdown(review(compare("prod", Assembly({gone.name: gone}), Assembly({}), type_of)))
    assert "**1 stack no longer defined, but still deployed**" in text
    assert "`slipway verify-clean --env prod`" in text


def test_a_stack_that_goes_to_another_region_stays_in_the_old_one_too() -> None:
    here, there = (replace(stack(B=bucket("b")), place=f"aws://111111111111/{each}") for each in ("us-a", "us-b"))
    moved = compared(here, there)
    assert [(each.presence, len(each.resources)) for each in moved.stacks] == [("removed", 0), ("added", 1)]
    assert [gate.name for gate in judge([moved], parse_fail_on("replacement"))[0]] == ["replacement"]
    text = to_markdown(review(moved))
    assert "**1 stack made anew in another account or region, but still in the old one**, 1 added" in text
    assert "a deployment does not delete the one in `aws://111111111111/us-a`" in text
    assert "verify-clean" not in text


def test_hosting_permissions_models_findings_and_costs_are_named() -> None:
    old, new = (
        stack(
            Config=resource(
                "AWS::SageMaker::EndpointConfig", ProductionVariants=[{"VariantName": "V", "InstanceType": kind}]
            ),
        )
        for kind in ("ml.c5.large", "ml.c5.xlarge")
    )
    before = PackageFacts(
        "1" * 64, 1000, "torchscript", "2.10.0", "3.11", ("model_fn",), ("numpy==1",), {"model.pt": "x"}
    )
    after = replace(
        before, digest="2" * 64, torch="2.13.0", functions=(), requirements=("numpy==2",), files={"model.pt": "y"}
    )
    found = replace(
        compared(old, new),
        models=(ModelChange(new.name, "Model", before, after),),
        findings=(Finding("SageMakerRules", "error", "some-rule", "Config", "it cannot be"),),
        cost=CostChange(Cost(Decimal(100), Decimal("200.5")), Cost(Decimal(200), Decimal(401), ("ml.x",))),
    )
    text = to_markdown(review(found, gates=(Gate("cost-increase", "prod", "it grows"),)))
    for part in (
        "`linear`: `ProductionVariants[V].InstanceType`: `ml.c5.large` → `ml.c5.xlarge` (replaces it)",
        "digest `111111111111` → `222222222222`",
        "torch `2.10.0` → `2.13.0`",
        "requirements now without `numpy==1` and with `numpy==2`",
        "handler functions now without `model_fn`",
        "files that differ: `model.pt`",
        "- error: `some-rule` (`SageMakerRules`) at `Config`: `it cannot be`",
        "costs $100 to $200.50 → $200 to $401 and what has no price a month",
        "no price is known for `ml.x`",
        "- `cost-increase` in `prod`: `it grows`",
    ):
        assert part in text


def test_the_environments_that_failed_say_why() -> None:
    found = EnvironmentReview("prod", failures={"head": "environments/prod.yaml: model: unknown\nand more"})
    text = to_markdown(review(found))
    assert "- `prod`: **the head cannot be synthesized**" in text
    assert "- head: `environments/prod.yaml: model: unknown`" in text


def many(number: int, length: int) -> EnvironmentReview:
    old = stack(**{f"B{each}": bucket(f"old{'x' * length}{each}") for each in range(number)})
    new = stack(**{f"B{each}": bucket(f"new{'x' * length}{each}") for each in range(number)})
    return compared(old, new)


@pytest.mark.parametrize(("environments", "number", "length"), [(1, 2000, 10), (1, 100, 5000), (1000, 1, 10)])
def test_the_comment_fits_whatever_changes(environments: int, number: int, length: int) -> None:
    found = [replace(many(number, length), name=f"env{each}") for each in range(environments)]
    text = to_markdown(review(*found))
    assert len(text.encode()) <= LIMIT
    assert "`env0`: **" in text
    assert "`slipway review --format json` has everything" in text
    assert text.count("<details>") == text.count("</details>")
    assert text.count("```") % 2 == 0


@given(
    st.lists(
        st.builds(Block, st.integers(0, 3), items=st.lists(st.text("aé", max_size=30), max_size=5).map(tuple))
    ),
    st.integers(50, 300),
)
def test_blocks_are_cut_to_the_limit_and_the_first_ones_last(blocks: list[Block], limit: int) -> None:
    text = fit(blocks, "cut", limit)
    assert len(text.encode()) <= limit
    if not text.endswith("cut\n"):
        assert text == "".join(block.text for block in blocks)


HOSTILE = st.text(
    alphabet=st.one_of(st.sampled_from("`|<>&*_[]()#@!~\\\"'\n\r\t \u202e${}"), st.characters()), max_size=20
).map(lambda text: f"{text}{MARKER}@octocat <img src=x>`{text}")


def hostile_review(text: str) -> Review:
    old = stack(
        text, **{text: bucket(text), "R": role()}, Config=resource("AWS::SageMaker::EndpointConfig", A=text)
    )
    new = stack(
        text,
        **{text: bucket(f"new{text}"), f"R{text}": role(allow(text, text, Condition={text: {text: text}}))},
        Config=resource("AWS::SageMaker::EndpointConfig", A=f"{text}2", B={text: text}),
        New=resource(text, **{text: text}),
        Trust=resource("AWS::IAM::Role", AssumeRolePolicyDocument={"Statement": [{"Effect": text}, {text: text}]}),
        Processed=resource("AWS::IAM::Role", **{"Fn::Transform": {text: text}}),
        Sometimes={**role(allow(text)), "Condition": text},
        **{f"Fn::ForEach::{text}": [text]},
    )
    sections = {"Transform": [text], "Conditions": {text: {text: text}}}
    new = replace(new, template={**new.template, **sections})
    moved, there = (replace(stack(f"moved{text}", R=role()), place=place) for place in (text, "elsewhere"))
    facts = PackageFacts(text, 1, text, text, text, (text,), (text,), {text: text})
    found = replace(
        compare(
            text,
            Assembly({old.name: old, moved.name: moved}),
            Assembly({new.name: new, there.name: there}),
            type_of,
        ),
        models=(
            ModelChange(text, text, None, facts),
            ModelChange(text, text, facts, replace(facts, requirements=())),
        ),
        findings=(Finding(text, text, text, text, text),),
        cost=CostChange(None, Cost(Decimal(1), Decimal(2), (text,))),
    )
    failed = EnvironmentReview(text, failures={"head": text})
    gates = (Gate("replacement", text, text),)
    revisions = replace(REVISIONS, base_ref=text)
    return Review(revisions, (found, failed), gates, gates)


@settings(max_examples=60)
@given(HOSTILE)
def test_no_hostile_text_gets_out_of_its_place(text: str) -> None:
    markdown = to_markdown(hostile_review(text))
    assert markdown.count(MARKER) > 30
    for token in MarkdownIt("commonmark", {"html": True}).parse(markdown):
        if token.type == "fence":
            assert token.info == "mermaid"
            assert all(re.fullmatch(r'[^"]*("[^"`@]*")?[^"`@]*', line) for line in token.content.splitlines())
        elif token.type == "html_block":
            outside = re.sub(r"<code>[^<>]*</code>", "", token.content)
            assert MARKER not in outside
            assert re.sub(r"</?(?:details|summary)>", "", outside).count("<") == 0
        for inner in token.children or []:
            assert inner.type in {
                "text",
                "code_inline",
                "strong_open",
                "strong_close",
                "em_open",
                "em_close",
                "softbreak",
            }
            assert inner.type == "code_inline" or MARKER not in inner.content


def test_the_json_has_all_of_it() -> None:
    old, new = stack(R=role(), B=bucket("a")), stack(R=role(allow("s3:PutObject", "arn:a")), B=bucket("b"))
    document = to_json(review(compared(old, new)))
    (environment,) = document["environments"]
    (policy,) = environment["policies"]
    assert policy["sentence"] == "the role R of linear may now write to arn:a (s3:PutObject)"
    assert policy["widening"] is True
    (stacked,) = environment["stacks"]
    effects = {each["logical_id"]: each["effect"] for each in stacked["resources"]}
    assert effects == {"R": "updated", "B": "replaced"}
    assert document["revisions"]["base"] == "b" * 40
    assert Path(stacked["name"]) == Path("Slipway-prod-linear")
