"""docs/rules.md and the rules are the same."""

import importlib
import re

import pytest

from assets.checkout import ROOT
from stacks.rules.registry import Rule, rules
from stacks.rules.sources import SOURCES

DOCUMENT = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-z0-9-]+)` \| (error|warning) \| ([^|]+) \| \[([a-z0-9-]+)\] \|$", re.MULTILINE)


def test_every_row_is_a_rule_and_every_rule_a_row() -> None:
    rows = ROW.findall(DOCUMENT)
    assert len(rows) == DOCUMENT.count("\n| `")
    assert rows == [(rule.id, rule.severity, rule.summary, rule.source) for rule in rules()]


def test_the_tables_are_the_families() -> None:
    titles = re.findall(r"^### (.+)$", DOCUMENT, re.MULTILINE)
    families = list(dict.fromkeys(rule.family for rule in rules()))
    assert len(titles) == len(families)
    for title, family in zip(titles, families, strict=True):
        module = importlib.import_module(f"stacks.rules.families.{family}")
        assert (module.__doc__ or "").startswith(title)


def test_every_source_has_its_link() -> None:
    links = dict(re.findall(r"^\[([a-z0-9-]+)\]: (\S+)$", DOCUMENT, re.MULTILINE))
    assert links == {key: source.url for key, source in SOURCES.items()}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_a_rule_says_everything(rule: Rule) -> None:
    assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", rule.id)
    assert not rule.why.endswith(".")
    assert rule.mend.endswith(".")
    assert rule.source in SOURCES
    assert rule.check.__doc__
