"""`slipway doctor`: what is missing before an environment can be deployed."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Annotated

import typer

from slipway.console import print_json
from slipway.doctor.examination import examine
from slipway.doctor.finding import Finding
from slipway.environments import LOCAL_ENVIRONMENT, environments_folder, load
from stacks.settings import ENVIRONMENTS, environment_names


def doctor_command(
    env: Annotated[str, typer.Option(help="The environment that is to be deployed.")] = LOCAL_ENVIRONMENT,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check this machine, and the AWS account of an environment; exit with 1 if anything is wrong."""
    if env not in environment_names(environments_folder() or ENVIRONMENTS):
        load(env)  # says which there are
    findings = []
    for finding in examine(env):
        findings.append(finding)
        if not as_json:
            _print(finding)
    counts = Counter(finding.state for finding in findings)
    if as_json:
        print_json({"environment": env, "wrong": counts["wrong"], "findings": [asdict(one) for one in findings]})
    else:
        typer.echo(f"{env}: ok: {counts['ok']}, warnings: {counts['warning']}, wrong: {counts['wrong']}")
    if counts["wrong"]:
        raise typer.Exit(1)


def _print(finding: Finding) -> None:
    typer.echo(f"{finding.state:<8} {finding.check:<12} {finding.what}")
    if finding.mend:
        typer.echo(f"{'':<21} Mend: {finding.mend}")
