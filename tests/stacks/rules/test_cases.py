"""Every rule by id: what is broken is found, with its mend; what is valid is silent."""

from collections import Counter

import pytest

from stacks.rules.registry import rules

from .cases_deployed import UPDATES
from .conftest import BROKEN, VALID, Report, stack_name, valid_of


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_found_with_its_mend(case: str, report: Report) -> None:
    broken = BROKEN[case]
    found = report.of(stack_name(f"broken-{case}"))
    assert {finding.rule for finding in found} == {broken.rule, *broken.also}
    severities = {rule.id: rule.severity for rule in rules()}
    for finding in found:
        assert finding.severity == severities[finding.rule]
    own = [finding for finding in found if finding.rule == broken.rule]
    assert any(broken.mend in finding.mend for finding in own), own


@pytest.mark.parametrize("case", VALID)
def test_what_is_valid_is_silent(case: str, report: Report) -> None:
    assert report.of(stack_name(f"valid-{case}")) == []


def test_every_rule_has_a_broken_case() -> None:
    updates = {update.rule for update in UPDATES.values() if update.rule}
    assert {broken.rule for broken in BROKEN.values()} | updates == {rule.id for rule in rules()}


def test_every_family_has_three_valid_and_three_broken_cases() -> None:
    family_of = {rule.id: rule.family for rule in rules()}
    broken = Counter(family_of[case.rule] for case in BROKEN.values())
    broken += Counter(family_of[update.rule] for update in UPDATES.values() if update.rule)
    valid = Counter({family: len(valid_of(family)) for family in family_of.values()})
    valid["updates"] = sum(not update.rule for update in UPDATES.values())
    for family in family_of.values():
        assert min(valid[family], broken[family]) >= 3, (family, valid[family], broken[family])


@pytest.mark.parametrize("family", ["images", "amis"])
def test_private_images_on_the_newest_gpus_are_among_the_valid(family: str) -> None:
    variants = [
        variant
        for case in valid_of(family)
        if "container" not in case  # the usual one has a private image
        for variant in case["variants"]
    ]
    families = {variant["instance_type"].split(".")[1] for variant in variants}
    assert families >= {"g6e", "g7", "g7e", "p5en", "p6-b200", "p6-b300", "p6e-gb200"}


def test_a_finding_says_what_why_and_where(report: Report) -> None:
    (finding,) = report.of("broken-serverless-memory")
    assert finding.logical_id == "Config"
    assert finding.path == "Properties.ProductionVariants.0.ServerlessConfig.MemorySizeInMB"
    assert finding.description.startswith("2000 MB is no memory size: SageMaker takes 1 to 6 GB in steps of 1 GB")
    assert "ProductionVariantServerlessConfig" in finding.description


def test_all_findings_come_together(report: Report) -> None:
    broken = {case for case in BROKEN if report.of(stack_name(f"broken-{case}"))}
    assert broken == set(BROKEN)
