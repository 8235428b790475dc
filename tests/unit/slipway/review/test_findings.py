"""What is found, and what of it is new."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from slipway.review.assembly import Assembly
from slipway.review.findings import Finding, lint, missing_tools, new_findings, reported_findings

SUPPRESSIONS = "- {rule: AwsSolutions-S1, construct: '.*/Bucket', reason: no logs here}\n"


def violation(rule: str, path: str, **more: str) -> dict[str, Any]:
    return {
        "ruleName": rule,
        "description": f"about {rule}",
        "violatingConstructs": [{"constructPath": path}],
        **more,
    }


def assembly(folder: Path, **plugins: list[dict[str, Any]]) -> Assembly:
    reports = [
        {"pluginName": name, "conclusion": "failure", "violations": found} for name, found in plugins.items()
    ]
    (folder / "validation-report.json").write_text(json.dumps({"pluginReports": reports}))
    return Assembly({}, folder)


def test_a_finding_is_new_unless_it_was_there_as_often() -> None:
    once, other = Finding("t", "error", "r", "w", "x"), Finding("t", "error", "r", "elsewhere", "x")
    assert new_findings([once], [once, once, other]) == [other, once]
    assert new_findings([once, other], [other]) == []


def test_the_report_is_read_without_what_the_trees_suppressions_cover(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "nag_suppressions.yaml").write_text(SUPPRESSIONS)
    covered, other = violation("AwsSolutions-S1", "S/Bucket"), violation("AwsSolutions-S1", "S/Other")
    ours = violation("some-rule", "S/Endpoint", severity="Warning")
    found = assembly(tmp_path, AwsSolutions=[covered, other], SageMakerRules=[ours])
    assert reported_findings(found, tmp_path) == [
        Finding("AwsSolutions", "error", "AwsSolutions-S1", "S/Other", "about AwsSolutions-S1"),
        Finding("SageMakerRules", "warning", "some-rule", "S/Endpoint", "about some-rule"),
    ]


def test_an_environment_that_is_not_there_has_no_findings(tmp_path: Path) -> None:
    assert reported_findings(Assembly({}), tmp_path) == []


def test_cfn_lint_judges_templates(tmp_path: Path) -> None:
    path = tmp_path / "stack.template.json"
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketNam": "x"}}
    path.write_text(json.dumps({"Resources": {"Bucket": bucket}}))
    (found,) = lint([path], ["prod/Stack"])
    assert (found.tool, found.severity, found.where) == (
        "cfn-lint",
        "error",
        "prod/Stack/Bucket/Properties/BucketNam",
    )
    assert "BucketNam" in found.what
    assert lint([], []) == []


def test_tools_that_are_not_installed_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing_tools() == ()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert missing_tools() == ("cfn-lint",)
    assert lint([tmp_path / "stack.template.json"], ["prod/Stack"]) == []
    monkeypatch.setitem(sys.modules, "cdk_nag", None)
    assert missing_tools() == ("cfn-lint", "cdk-nag")
