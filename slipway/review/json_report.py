"""A review as a JSON document, with everything that the Markdown leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

from slipway.review.conditions import Condition
from slipway.review.policy_diff import PolicyChange
from slipway.review.policy_words import sentence
from slipway.review.report import EnvironmentReview, Review
from slipway.review.verdict import verdict


def to_json(review: Review) -> dict[str, Any]:
    """Return a review as JSON has it: numbers of money as text, sets as sorted lists."""
    return {
        "revisions": _plain(review.revisions),
        "environments": [_environment(each) for each in review.environments],
        "failing_gates": _plain(review.gates),
        "unjudged_gates": _plain(review.unjudged),
        "missing_tools": _plain(review.missing_tools),
    }


def _environment(review: EnvironmentReview) -> dict[str, Any]:
    facts: dict[str, Any] = {
        field.name: _plain(getattr(review, field.name)) for field in fields(review) if field.name != "sides"
    }
    return {
        **facts,
        "changes": review.is_change,
        "verdict": verdict(review, _unchanged, _unchanged),
        "policies": [_policy(review, change) for change in review.policies],
    }


def _policy(review: EnvironmentReview, change: PolicyChange) -> dict[str, Any]:
    facts: dict[str, Any] = _plain(change)
    words = sentence(change, review.part_of(change.holder.stack), _unchanged)
    return {**facts, "widening": change.is_widening, "sentence": words}


def _unchanged(text: str) -> str:
    return text


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type | Condition):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, AbstractSet):
        return sorted(map(_plain, value))
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, Decimal | Condition) else value
