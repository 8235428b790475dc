"""The plug-in in a CDK app: what stops synth, what is acknowledged, and where templates are."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from stacks.rules import SageMakerRules

from .cases import Deployment
from .cases_deployed import UPDATES
from .deployments import deploy, serverless

ERROR: Deployment = {"variants": [serverless(2000)]}
WARNING: Deployment = {"variants": [{"volume_size_in_gb": 100, "instance_type": "ml.g5.xlarge"}]}
Make = Callable[[cdk.App], Any]


class Synthesis:
    """An app with the plug-in, synthesized."""

    def __init__(self, directory: Path, make: Make, deployed: Path | None = None) -> None:
        app = cdk.App(outdir=str(directory), builtin_cloud_formation_validation=False)
        make(app)
        cdk.Validations.of(app).add_plugins(SageMakerRules(deployed))
        self.error = ""
        try:
            app.synth()
        except RuntimeError as error:
            self.error = str(error)
        path = directory / "validation-report.json"
        reports = json.loads(path.read_text())["pluginReports"] if path.exists() else []
        self.report = next((report for report in reports if report["pluginName"] == "SageMakerRules"), None)

    @property
    def rules(self) -> list[str]:
        return [violation["ruleName"] for violation in self.report["violations"]] if self.report else []

    @property
    def mends(self) -> list[str]:
        return [violation["suggestedFix"] for violation in self.report["violations"]] if self.report else []


def stack(app: cdk.App, deployment: Deployment, name: str = "Serving") -> cdk.Stack:
    made = cdk.Stack(app, name)
    deploy(made, **deployment)
    return made


def acknowledge(construct: Any, rule: str, reason: str) -> None:
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=f"SageMakerRules::{rule}", reason=reason))


def test_an_error_stops_synth(tmp_path: Path) -> None:
    synthesis = Synthesis(tmp_path, lambda app: stack(app, ERROR))
    assert "2000 MB is no memory size" in synthesis.error
    assert "Choose 2048." in synthesis.error
    assert synthesis.rules == ["serverless-memory"]


def test_a_warning_does_not(tmp_path: Path) -> None:
    synthesis = Synthesis(tmp_path, lambda app: stack(app, WARNING))
    assert synthesis.error == ""
    assert synthesis.report["conclusion"] == "success"
    assert synthesis.rules == ["volume-on-local-disks"]


def test_findings_of_all_stacks_come_together(tmp_path: Path) -> None:
    def make(app: cdk.App) -> None:
        stack(app, ERROR, "One")
        stack(app, WARNING, "Two")
        stack(app, {"endpoint": {"endpoint_name": "no_name"}}, "Three")

    synthesis = Synthesis(tmp_path, make)
    assert sorted(synthesis.rules) == ["endpoint-name", "serverless-memory", "volume-on-local-disks"]


def test_an_app_without_sagemaker_is_silent(tmp_path: Path) -> None:
    synthesis = Synthesis(tmp_path, lambda app: cdk.CfnOutput(cdk.Stack(app, "Empty"), "Out", value="1"))
    assert (synthesis.error, synthesis.rules) == ("", [])


@pytest.mark.parametrize("where", ["resource", "stack", "app"])
def test_a_finding_is_acknowledged_with_a_reason(where: str, tmp_path: Path) -> None:
    def make(app: cdk.App) -> None:
        made = stack(app, ERROR)
        construct = {"resource": made.node.find_child("Config"), "stack": made, "app": app}[where]
        acknowledge(construct, "serverless-memory", "a size that AWS gave to this account")

    synthesis = Synthesis(tmp_path, make)
    assert (synthesis.error, synthesis.rules) == ("", [])
    (suppressed,) = synthesis.report["suppressedViolations"]
    assert suppressed["reason"] == "a size that AWS gave to this account"


def test_an_acknowledgement_covers_its_own_construct_alone(tmp_path: Path) -> None:
    def make(app: cdk.App) -> None:
        stack(app, ERROR, "One")
        acknowledge(stack(app, ERROR, "Two"), "serverless-memory", "a size that AWS gave to this account")

    synthesis = Synthesis(tmp_path, make)
    assert synthesis.rules == ["serverless-memory"]
    assert "ValidationFailed" in synthesis.error


def test_an_acknowledged_warning_leaves_errors_standing(tmp_path: Path) -> None:
    def make(app: cdk.App) -> None:
        acknowledge(stack(app, WARNING, "One"), "volume-on-local-disks", "tried on AWS")
        stack(app, ERROR, "Two")

    synthesis = Synthesis(tmp_path, make)
    assert synthesis.rules == ["serverless-memory"]
    assert "ValidationFailed" in synthesis.error


@pytest.mark.parametrize("where", ["resource", "stack", "app", "stage"])
@pytest.mark.parametrize("reason", ["", "  "])
def test_an_acknowledgement_without_a_reason_is_refused(where: str, reason: str, tmp_path: Path) -> None:
    def make(app: cdk.App) -> None:
        stage = cdk.Stage(app, "Production")
        made = cdk.Stack(stage, "Serving")
        deploy(made, **ERROR)
        construct = {"resource": made.node.find_child("Config"), "stack": made, "app": app, "stage": stage}[where]
        acknowledge(construct, "serverless-memory", reason)
        cdk.Stack(app, "Beside")

    synthesis = Synthesis(tmp_path, make)
    assert "serverless-memory is acknowledged without a reason" in synthesis.error
    assert synthesis.rules == ["acknowledgement"]


def test_a_misspelt_acknowledgement_is_pointed_out(tmp_path: Path) -> None:
    def make(app: cdk.App) -> None:
        acknowledge(stack(app, {}), "serverles-memory", "no reason matters here")

    synthesis = Synthesis(tmp_path, make)
    assert synthesis.error == ""
    assert synthesis.rules == ["acknowledgement"]
    assert "serverless-memory" in synthesis.mends[0]


def test_the_acknowledgements_of_other_plug_ins_are_theirs(tmp_path: Path) -> None:
    def make(app: cdk.App) -> None:
        made = stack(app, {})
        cdk.Validations.of(made).acknowledge(cdk.Acknowledgment(id="AwsSolutions::AwsSolutions-S1", reason=""))

    assert Synthesis(tmp_path, make).rules == []


def test_stages_are_judged(tmp_path: Path) -> None:
    synthesis = Synthesis(tmp_path, lambda app: deploy(cdk.Stack(cdk.Stage(app, "Stage"), "Serving"), **ERROR))
    assert synthesis.rules == ["serverless-memory"]


def test_nested_stacks_are_judged(tmp_path: Path) -> None:
    synthesis = Synthesis(tmp_path, lambda app: deploy(cdk.NestedStack(cdk.Stack(app, "Outer"), "Inner"), **ERROR))
    assert synthesis.rules == ["serverless-memory"]
    (construct,) = synthesis.report["violations"][0]["violatingConstructs"]
    assert construct["constructPath"] == "Outer/Inner/Config"


def test_an_include_of_a_broken_template_does_not_end_the_plug_in(tmp_path: Path) -> None:
    def make(app: cdk.App) -> None:
        made = cdk.Stack(app, "Odd")
        model = cdk.CfnResource(made, "Model", type="AWS::SageMaker::Model", properties={"Containers": "none"})
        model.add_property_override("PrimaryContainer", 7)
        cdk.CfnResource(
            made, "Config", type="AWS::SageMaker::EndpointConfig", properties={"ProductionVariants": {}}
        )

    synthesis = Synthesis(tmp_path, make)
    assert synthesis.error == ""


@pytest.mark.parametrize("update", UPDATES)
def test_an_update_is_compared_with_what_is_deployed(update: str, tmp_path: Path) -> None:
    before, after, rule, mend = UPDATES[update]
    assert Synthesis(tmp_path / "before", lambda app: stack(app, before)).error == ""
    synthesis = Synthesis(tmp_path / "after", lambda app: stack(app, after), tmp_path / "before")
    assert synthesis.rules == ([rule] if rule else [])
    assert all(mend in one for one in synthesis.mends)
    assert Synthesis(tmp_path / "alone", lambda app: stack(app, after)).rules == []
