"""cdk-nag's AwsSolutions pack over every environment and example: fails on what nag_suppressions.yaml lacks."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from slipway.review.nag_suppressions import SUPPRESSIONS, Suppression, load_suppressions
from slipway.review.nag_suppressions import NagFinding as Finding
from stacks.environment_app import EnvironmentApp, PackageOf
from stacks.settings import ENVIRONMENTS

# After stacks, which chooses the Node that they run on.
import aws_cdk as cdk  # isort: skip
from cdk_nag import AwsSolutionsChecks  # isort: skip

PACK = "AwsSolutions"


def findings(environment: Path, folder: Path, package_of: PackageOf | None = None) -> Iterator[Finding]:
    """Synthesize an environment with cdk-nag, and yield what it found.

    Parameters
    ----------
    environment
        The environment's file.
    folder
        Where the cloud assembly goes.
    package_of
        Packages the models; by default as every synth does.
    """
    context = json.loads((ENVIRONMENTS.parent / "cdk.json").read_text(encoding="utf-8"))["context"]
    context |= {
        "env": environment.stem,
        "environments": str(environment.parent),
        "preflight": "false",
        # The CDK CLI's own switch: the report is written, and read here, instead of raised.
        "@aws-cdk/core:failSynthOnValidationErrors": False,
    }
    app = EnvironmentApp(context, folder)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synthesize(app.load_settings(), package_of)
    for report in json.loads((folder / "validation-report.json").read_text(encoding="utf-8"))["pluginReports"]:
        if report["pluginName"] == PACK:
            yield from _of_report(report)


def problems(
    files: Sequence[Path], suppressions: Sequence[Suppression], package_of: PackageOf | None = None
) -> Iterator[str]:
    """Yield a line for each finding that nothing covers, then for each suppression that covers nothing.

    Parameters
    ----------
    files
        Of the environments.
    suppressions
        What stays as it is.
    package_of
        As of `findings`.
    """
    unused = set(suppressions)
    for file in files:
        with tempfile.TemporaryDirectory() as folder:
            for finding in findings(file, Path(folder), package_of):
                covering = [each for each in suppressions if each.covers(finding)]
                unused -= set(covering)
                if not covering:
                    yield f"{file.name}: {finding.rule} at {finding.construct}: {finding.description}"
    for each in sorted(unused):
        yield f"{SUPPRESSIONS.name}: nothing is found of {each.rule} at {each.construct}; remove it"


def _of_report(report: dict[str, Any]) -> Iterator[Finding]:
    if report["conclusion"] == "failure" and not report["violations"]:
        raise RuntimeError(f"cdk-nag failed: {report.get('metadata')}")
    for violation in report["violations"]:
        for construct in violation["violatingConstructs"]:
            yield Finding(violation["ruleName"], construct["constructPath"], violation["description"])


def main() -> int:
    """Check the environments; return the exit status."""
    files = sorted([*ENVIRONMENTS.glob("*.yaml"), *ENVIRONMENTS.glob("examples/*.yaml")])
    found = list(problems(files, load_suppressions()))
    print("\n".join(found) or f"cdk-nag: {len(files)} environments are clean")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
