"""Findings that may stand, as model.yaml says with a reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assets.inspection.finding import FINDINGS, Finding, error, in_order, warning
from assets.nearest import did_you_mean

_WHERE = "model.yaml"
_OWN = "acknowledgement-"


@dataclass(frozen=True)
class Reviewed:
    """What an inspection found, in the light of model.yaml.

    Parameters
    ----------
    findings
        Those that nobody acknowledged, errors first.
    acknowledged
        The others, each with the reason that was given.
    """

    findings: list[Finding]
    acknowledged: list[tuple[Finding, str]]


def review(findings: Iterable[Finding], acknowledge: Mapping[str, str]) -> Reviewed:
    """Set aside what is acknowledged.

    Parameters
    ----------
    findings
        Of one inspection, or of several for several targets.
    acknowledge
        Reasons by the findings' ids.
    """
    found = in_order(list(findings))
    reasons = {finding: reason.strip() for finding, reason in acknowledge.items()}
    occurring = {finding.id for finding in found}
    own = [mistake for finding, reason in reasons.items() if (mistake := _mistake(finding, reason, occurring))]
    standing = [(finding, reasons[finding.id]) for finding in found if reasons.get(finding.id)]
    open_ones = [finding for finding in found if not reasons.get(finding.id)]
    return Reviewed(in_order([*open_ones, *own]), standing)


def _mistake(finding: str, reason: str, occurring: set[str]) -> Finding | None:
    known = [name for name in FINDINGS if not name.startswith(_OWN)]
    if finding not in known:
        return warning(
            "acknowledgement-unknown",
            _WHERE,
            f"acknowledge: {finding}: no finding has this id{did_you_mean(finding, known)}",
            "Correct the id, or remove the line; docs/inspection.md lists them.",
        )
    if not reason:
        return error(
            "acknowledgement-without-reason",
            _WHERE,
            f"acknowledge: {finding}: the reason is empty, so that nobody knows later why it may stand.",
            "Write the reason behind the id.",
        )
    if finding not in occurring:
        return warning(
            "acknowledgement-unused",
            _WHERE,
            f"acknowledge: {finding}: there is no such finding, and a later one would go unseen.",
            "Remove the line.",
        )
    return None
