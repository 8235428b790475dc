"""Looks for wordings in what was said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from slipway.explain.finding import Quote


class Match(NamedTuple):
    """A wording that was found, and in which quotation."""

    groups: re.Match[str]
    quote: Quote


def first_match(quotes: Iterable[Quote], *patterns: re.Pattern[str]) -> Match | None:
    """Return the first place where one of the patterns is found, of the first quotation that has one."""
    for quote in quotes:
        for pattern in patterns:
            if found := pattern.search(quote.text):
                return Match(found, quote)
    return None


def named(match: Match, group: str) -> str | None:
    """Return what a named group of the pattern matched; None where the pattern has none, or it matched nothing."""
    return match.groups.groupdict().get(group)
