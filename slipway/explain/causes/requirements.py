"""pip could not install code/requirements.txt."""

from __future__ import annotations

import re

from slipway.explain.causes.start_failure import start_failure
from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding, Quote

_OF_SERVER = re.compile(r"^pip (?:cannot install|did not install) ")
_OF_PIP = re.compile(
    r"ERROR: (?:No matching distribution found for|Could not find a version that satisfies the requirement|"
    r"Could not install packages|ResolutionImpossible|Cannot install|Failed building wheel for|"
    r"Invalid requirement)[^\n]*"
)
_NO_NETWORK = re.compile(
    r"NewConnectionError|Temporary failure in name resolution|Network is unreachable|ConnectTimeoutError"
)
_REQUIREMENT = re.compile(r"(?:No matching distribution found for|satisfies the requirement) (?P<name>[^\s(]+)")


def requirements_not_installed(evidence: Evidence) -> Finding | None:
    """Find a requirement that pip could not install."""
    failure = start_failure(evidence)
    if failure and _OF_SERVER.match(failure.reason):
        return _finding(evidence, failure.reason, failure.quote)
    # Other servers let pip's own lines stand, and mostly start again and again.
    for line in reversed(evidence.written.tails):
        if found := _OF_PIP.search(line.text):
            return _finding(evidence, found[0], Quote(line.stream, line.text))
    return None


def _finding(evidence: Evidence, reason: str, quote: Quote) -> Finding:
    said = f"{reason}\n{quote.text}"
    name = _REQUIREMENT.search(said)
    is_isolated = evidence.subject.settings.network.isolation
    if is_isolated or any(_NO_NETWORK.search(line.text) for line in evidence.written.tails):
        mend = "The container reaches no package index: vendor the packages (docs/vendored-dependencies.md)"
    else:
        mend = (
            "Mend requirements.txt in the model's folder; slipway inspect tells beforehand what pip will not find"
        )
    what = f": {name['name']}" if name else ""
    return Finding("requirements", f"pip cannot install code/requirements.txt{what}", (quote,), mend)
