"""Every rule by id: what is broken is found, with its mend; what is valid is silent."""

from collections import Counter

import pytest

from stacks.rules.registry import rules

from .conftest import BROKEN, VALID, Report, stack_name


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
    compared = {rule.id for rule in rules() if rule.family == "updates"}
    assert {broken.rule for broken in BROKEN.values()} == {rule.id for rule in rules()} - compared


def test_every_family_is_broken_in_three_ways() -> None:
    family = {rule.id: rule.family for rule in rules()}
    broken = Counter(family[case.rule] for case in BROKEN.values())
    assert {name for name in broken if broken[name] < 3} == set()


def test_a_finding_says_what_why_and_where(report: Report) -> None:
    (finding,) = report.of("broken-serverless-memory")
    assert finding.logical_id == "Config"
    assert finding.path == "Properties.ProductionVariants.0.ServerlessConfig.MemorySizeInMB"
    assert finding.description.startswith("2000 MB is no memory size: SageMaker takes 1 to 6 GB in steps of 1 GB")
    assert "ProductionVariantServerlessConfig" in finding.description


def test_all_findings_come_together(report: Report) -> None:
    broken = {case for case in BROKEN if report.of(stack_name(f"broken-{case}"))}
    assert broken == set(BROKEN)
