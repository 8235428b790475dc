"""All rules over all templates."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from stacks.rules.registry import Problem, Rule, rules
from stacks.rules.sources import SOURCES
from stacks.rules.subjects import subjects
from stacks.rules.template import Template


class Finding(NamedTuple):
    """A rule, and what it found."""

    rule: Rule
    problem: Problem

    @property
    def description(self) -> str:
        """What is wrong, why AWS refuses it, and who says so."""
        return f"{self.problem.what}: {self.rule.why} ({SOURCES[self.rule.source].title})"

    @property
    def mend(self) -> str:
        """How to mend it."""
        return self.problem.mend or self.rule.mend


def findings(templates: Iterable[Template], deployed: Iterable[Template] = ()) -> list[Finding]:
    """Judge templates by every rule.

    Parameters
    ----------
    templates
        As synthesized.
    deployed
        What is deployed now, under the same file names; the rules about updates compare with it.

    Returns
    -------
    list of Finding
        By template, then in the order of the rules.
    """
    return list(_findings(templates, list(deployed)))


def _findings(templates: Iterable[Template], deployed: list[Template]) -> Iterator[Finding]:
    for template in templates:
        by_class = subjects(template, deployed)
        for each in rules():
            for subject in by_class.get(each.subject, ()):
                for problem in each.check(subject):
                    yield Finding(each, problem)
