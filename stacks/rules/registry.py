"""What a rule is: its words, its source, and the function that looks at one thing of a template."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple, TypeVar

from stacks.rules.sources import SOURCES
from stacks.rules.template import Node

Severity = Literal["error", "warning"]
"""An error stops synth. A warning is advice, or what AWS does not say in so many words."""

S = TypeVar("S")


class Problem(NamedTuple):
    """What a rule found.

    Parameters
    ----------
    node
        Where.
    what
        What is wrong there: a sentence without its full stop.
    mend
        How to mend it, where that is more exact than the rule's own `mend`.
    """

    node: Node
    what: str
    mend: str = ""


@dataclass(frozen=True)
class Rule:
    """A rule.

    Parameters
    ----------
    id
        Short and stable: acknowledgements name it.
    severity
        Whether a finding stops synth.
    summary
        What the rule wants, for the table in docs/rules.md.
    why
        What AWS does otherwise.
    mend
        How to mend a finding.
    source
        A key of `SOURCES`.
    subject
        The class of what it looks at, one of `stacks.rules.views`.
    check
        Yields what is wrong with one subject.
    """

    id: str
    severity: Severity
    summary: str
    why: str
    mend: str
    source: str
    subject: type
    check: Callable[[Any], Iterator[Problem]]

    @property
    def family(self) -> str:
        """The module that it stands in."""
        return self.check.__module__.rpartition(".")[2]


_RULES: dict[str, Rule] = {}


def rule(
    subject: type[S], rule_id: str, summary: str, *, why: str, mend: str, source: str, severity: Severity = "error"
) -> Callable[[Callable[[S], Iterator[Problem]]], Callable[[S], Iterator[Problem]]]:
    """Make a function a rule; parameters as of `Rule`."""

    def register(check: Callable[[S], Iterator[Problem]]) -> Callable[[S], Iterator[Problem]]:
        if rule_id in _RULES:
            raise ValueError(f"two rules have the id {rule_id}")
        if source not in SOURCES:
            raise ValueError(f"{rule_id} names the source {source!r}, which sources.py lacks")
        _RULES[rule_id] = Rule(rule_id, severity, summary, why, mend, source, subject, check)
        return check

    return register


@cache
def rules() -> tuple[Rule, ...]:
    """Return the rules of every module in families/."""
    families = importlib.import_module("stacks.rules.families")
    for module in pkgutil.iter_modules(families.__path__):
        importlib.import_module(f"{families.__name__}.{module.name}")
    return tuple(_RULES.values())
