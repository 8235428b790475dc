"""One cloud assembly with every case as a stack of its own, synthesized once."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import aws_cdk as cdk
import pytest

from stacks.rules import SageMakerRules

from . import cases_capacity, cases_images, cases_permissions, cases_serverless, cases_updates
from .cases import Broken, Deployment
from .deployments import deploy

_MODULES = (cases_capacity, cases_images, cases_permissions, cases_serverless, cases_updates)
VALID: dict[str, Deployment] = {
    name: case for module in _MODULES for cases in module.VALID.values() for name, case in cases.items()
}
BROKEN: dict[str, Broken] = {name: case for module in _MODULES for name, case in module.BROKEN.items()}


def valid_of(family: str) -> list[Deployment]:
    """The valid cases that are there for the rules of one family."""
    return [case for module in _MODULES for case in module.VALID.get(family, {}).values()]


class Reported(NamedTuple):
    """A finding in CDK's report."""

    rule: str
    severity: str
    description: str
    mend: str
    logical_id: str
    path: str


class Report:
    """CDK's report on an assembly."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.content: dict[str, Any] = json.loads((directory / "validation-report.json").read_text())

    def of(self, stack: str) -> list[Reported]:
        """Our findings in the template of a stack."""
        return [
            Reported(
                violation["ruleName"],
                violation["severity"],
                violation["description"],
                violation["suggestedFix"],
                resource["logicalId"],
                resource["propertyPaths"][0],
            )
            for report in self.content["pluginReports"]
            if report["pluginName"] == "SageMakerRules"
            for violation in report["violations"]
            for construct in violation["violatingConstructs"]
            if (resource := construct.get("cloudFormationResource"))
            and Path(resource["templatePath"]).name == f"{stack}.template.json"
        ]


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Synthesize every case with the plug-in; synth fails, since most cases are broken."""
    directory = tmp_path_factory.mktemp("rules") / "cdk.out"
    app = cdk.App(outdir=str(directory), builtin_cloud_formation_validation=False)
    environment = cdk.Environment(account="111111111111", region="eu-central-1")
    deployments = {f"valid-{name}": case for name, case in VALID.items()}
    deployments |= {f"broken-{name}": case.deployment for name, case in BROKEN.items()}
    for name, deployment in deployments.items():
        deploy(cdk.Stack(app, stack_name(name), env=environment), **deployment)
    cdk.Validations.of(app).add_plugins(SageMakerRules())
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    return Report(directory)


def stack_name(case: str) -> str:
    """The id of a case's stack: letters, digits and hyphens."""
    return case.replace(".", "-")
