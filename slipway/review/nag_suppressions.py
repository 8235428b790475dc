"""What cdk-nag finds and what stays as it is, each with its reason: tools/nag_suppressions.yaml."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import yaml

from assets import checkout

SUPPRESSIONS = checkout.ROOT / "tools" / "nag_suppressions.yaml"
"""Those of this checkout."""


class NagFinding(NamedTuple):
    """What cdk-nag found: its rule, with the finding's own id in brackets, and the path of the construct."""

    rule: str
    construct: str
    description: str


class Suppression(NamedTuple):
    """What stays as it is, and why; rule and construct are regular expressions that match whole."""

    rule: str
    construct: str
    reason: str

    def covers(self, finding: NagFinding) -> bool:
        """Whether it is about a finding."""
        matches = re.fullmatch(self.rule, finding.rule) and re.fullmatch(self.construct, finding.construct)
        return matches is not None


def load_suppressions(path: Path = SUPPRESSIONS) -> list[Suppression]:
    """Read the suppressions.

    Raises
    ------
    ValueError
        One has no reason.
    """
    suppressions = [Suppression(**entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]
    for each in suppressions:
        if not str(each.reason or "").strip():
            raise ValueError(f"{path.name}: {each.rule} at {each.construct} has no reason")
    return suppressions
