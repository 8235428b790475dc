"""The ratios that the benchmark prints, each beside its target."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from benchmarks.serving_bench.client import Sample


@dataclass(frozen=True)
class Finding:
    """One figure that has a target.

    Parameters
    ----------
    name
        What it is.
    value
        The figure.
    target
        What it has to be at least, or at most.
    at_least
        Which of the two.
    unit
        Printed after both; empty for a ratio.
    """

    name: str
    value: float
    target: float
    at_least: bool = False
    unit: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the figure is as good as its target."""
        return self.value >= self.target if self.at_least else self.value <= self.target

    def line(self) -> str:
        """Return the line that is printed."""
        bound = "at least" if self.at_least else "at most"
        verdict = "" if self.is_met else "   MISSED"
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.name:<66}{self.value:9.2f}{unit} (target: {bound} {self.target:g}{unit}){verdict}"


@dataclass
class Report:
    """What was found so far; lines are printed as they come."""

    findings: list[Finding] = field(default_factory=list)
    figures: dict[str, dict[str, object]] = field(default_factory=dict)

    def add(self, *findings: Finding) -> None:
        """Take findings, and print them."""
        for finding in findings:
            self.findings.append(finding)
            print(finding.line(), flush=True)

    def table(self, title: str, samples: dict[str, Sample]) -> None:
        """Take the figures of one comparison, and print them."""
        print(f"\n{title:<40}{'requests/s':>12}{'p50 ms':>10}{'p99 ms':>10}{'answers':>10}", flush=True)
        for name, sample in samples.items():
            print(
                f"{name:<40}{sample.rate:>12.0f}{sample.p50:>10.2f}{sample.p99:>10.2f}{sample.count:>10}",
                flush=True,
            )
        self.figures[title] = {name: asdict(sample) for name, sample in samples.items()}

    def missed(self) -> int:
        """Return how many targets were missed."""
        return sum(not finding.is_met for finding in self.findings)

    def as_json(self) -> str:
        """Return everything as one JSON object."""
        findings = [{**asdict(finding), "is_met": finding.is_met} for finding in self.findings]
        return json.dumps({"findings": findings, "figures": self.figures})
