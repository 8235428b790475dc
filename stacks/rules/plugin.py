"""The rules as a CDK validation plug-in."""

from pathlib import Path

import aws_cdk as cdk
import jsii

from stacks.rules.acknowledgements import Refusal, refusals
from stacks.rules.assembly import read_deployed, read_templates, stack_files
from stacks.rules.findings import Finding, findings
from stacks.rules.registry import rules
from stacks.rules.sources import SOURCES

NAME = "SageMakerRules"
"""Acknowledgements name a rule as `SageMakerRules::<id>`."""


@jsii.implements(cdk.IPolicyValidationPlugin)
class SageMakerRules:
    """What SageMaker refuses, found in the synthesized templates.

    An error stops synth, a warning does not. `cdk.Validations.of(construct).acknowledge(...)` takes a finding
    back, there and below, with a written reason.

    Parameters
    ----------
    deployed
        A folder with the templates as they are deployed now, under their names in the cloud assembly. With it the
        rules about updates apply, which compare the two.

    Raises
    ------
    NotADirectoryError
        There is no such folder.
    """

    def __init__(self, deployed: str | Path | None = None) -> None:
        self._deployed = Path(deployed) if deployed else None
        if self._deployed and not self._deployed.is_dir():
            raise NotADirectoryError(f"deployed: there is no folder {self._deployed}")

    @property
    def name(self) -> str:
        """The name in CDK's report."""
        return NAME

    @property
    def version(self) -> str:
        """The version in CDK's report."""
        return "1.0.0"

    @property
    def rule_ids(self) -> list[str]:
        """The ids of the rules."""
        return [rule.id for rule in rules()]

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Judge the templates; CDK calls this at the end of synth."""
        stacks = stack_files([Path(path) for path in context.template_paths])
        deployed = read_deployed(self._deployed, stacks) if self._deployed else []
        found = findings(read_templates(stacks), deployed)
        refused = list(refusals(context, stacks, NAME))
        # The severity is always named: where a finding is acknowledged, the CDK takes one without for advice.
        return cdk.PolicyValidationPluginReport(
            success=not _stops(found, refused),
            violations=[*map(_violation, found), *map(_refusal, refused)],
        )


def _stops(found: list[Finding], refused: list[Refusal]) -> bool:
    return any(finding.rule.severity == "error" for finding in found) or any(refusal.fatal for refusal in refused)


def _violation(finding: Finding) -> cdk.PolicyViolation:
    node = finding.problem.node
    source = SOURCES[finding.rule.source]
    return cdk.PolicyViolation(
        rule_name=finding.rule.id,
        severity=finding.rule.severity,
        description=finding.description,
        fix=finding.mend,
        rule_metadata={"source": f"{source.title} <{source.url}>"},
        violating_resources=[
            cdk.PolicyViolatingResource(
                resource_logical_id=node.resource.logical_id,
                template_path=node.resource.template.path,
                locations=[node.path],
            )
        ],
    )


def _refusal(refusal: Refusal) -> cdk.PolicyViolation:
    # A fatal finding is one that nobody can acknowledge.
    return cdk.PolicyViolation(
        rule_name="acknowledgement",
        severity="fatal" if refusal.fatal else "warning",
        description=refusal.what,
        fix=refusal.mend,
        violating_resources=[cdk.PolicyViolatingResource(construct_path=refusal.construct_path, locations=[])],
    )
