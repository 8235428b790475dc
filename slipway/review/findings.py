"""What rules, cdk-nag and cfn-lint find in an assembly, and which of it is new."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.errors import CommandError
from slipway.review.assembly import Assembly
from slipway.review.nag_suppressions import NagFinding, Suppression, load_suppressions

_REPORT = "validation-report.json"
_NAG = "AwsSolutions"
_SUPPRESSIONS = Path("tools", "nag_suppressions.yaml")
_LINT = "cfn-lint"


@dataclass(frozen=True, order=True)
class Finding:
    """Something that was found.

    Parameters
    ----------
    tool
        Who found it: a CDK validation plug-in, as `SageMakerRules` and `AwsSolutions`, or `cfn-lint`.
    severity
        As the tool says it, in lower case.
    rule
        The rule's id.
    where
        The construct or the resource.
    what
        In the tool's words.
    """

    tool: str
    severity: str
    rule: str
    where: str
    what: str


def new_findings(old: Iterable[Finding], new: Iterable[Finding]) -> list[Finding]:
    """Return what was not found before; the same thing twice counts twice."""
    return sorted((Counter(new) - Counter(old)).elements())


def reported_findings(assembly: Assembly, tree: Path) -> list[Finding]:
    """Read what the validation plug-ins found in an assembly, but for what cdk-nag's suppressions cover.

    Parameters
    ----------
    assembly
        With CDK's report.
    tree
        The checkout that it was made of, whose suppressions count.
    """
    report = assembly.folder / _REPORT if assembly.folder else None
    if report is None or not report.is_file():
        return []
    suppressions = _suppressions(tree)
    plugins = json.loads(report.read_bytes())["pluginReports"]
    return [each for plugin in plugins for each in _of_plugin(plugin, suppressions)]


def _suppressions(tree: Path) -> list[Suppression]:
    path = tree / _SUPPRESSIONS
    try:
        return load_suppressions(path) if path.is_file() else []
    except (ValueError, TypeError) as error:
        raise CommandError(f"{path}: {error}") from error


def _of_plugin(plugin: dict[str, Any], suppressions: Sequence[Suppression]) -> Iterator[Finding]:
    name = plugin["pluginName"]
    for violation in plugin["violations"]:
        for place in violation.get("violatingConstructs", []) or [{}]:
            where = str(place.get("constructPath") or place.get("cloudFormationResource", {}).get("logicalId", ""))
            found = NagFinding(violation["ruleName"], where, violation["description"])
            if name != _NAG or not any(each.covers(found) for each in suppressions):
                severity = str(violation.get("severity") or "error").lower()
                yield Finding(name, severity, found.rule, where, found.description)


def lint(stacks: Sequence[Path], names: Sequence[str]) -> list[Finding]:
    """Have cfn-lint judge templates.

    Parameters
    ----------
    stacks
        Paths of the templates.
    names
        What each is called in a finding.

    Returns
    -------
    list of Finding
        Empty where cfn-lint is not installed; `missing_tools` says so.

    Raises
    ------
    CommandError
        It could not judge.
    """
    if not stacks or not _lint_path().is_file():
        return []
    command = [str(_lint_path()), "--non-zero-exit-code", "none", "--format", "json", *map(str, stacks)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise CommandError(f"cfn-lint ended with status {done.returncode}: {done.stderr.strip()[-200:]}")
    called = dict(zip(map(str, stacks), names, strict=True))
    return [_of_lint(match, called) for match in json.loads(done.stdout or "[]")]


def missing_tools() -> tuple[str, ...]:
    """Return which of the tools that only the development requirements bring are not installed."""
    found = {_LINT: _lint_path().is_file(), "cdk-nag": importlib.util.find_spec("cdk_nag") is not None}
    return tuple(name for name, is_there in found.items() if not is_there)


def _lint_path() -> Path:
    return Path(sys.executable).with_name(_LINT)


def _of_lint(match: dict[str, Any], called: dict[str, str]) -> Finding:
    place = [str(each) for each in match["Location"].get("Path") or []]
    where = "/".join([called.get(match["Filename"], ""), *place[1:]])
    return Finding(_LINT, str(match["Level"]).lower(), match["Rule"]["Id"], where, match["Message"])
