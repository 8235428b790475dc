"""Policy documents of a resource, whatever the property is called that they stand in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from slipway.review.branches import ALWAYS, Under, elements
from slipway.review.intrinsics import is_intrinsic, resolved

_NAMES = frozenset(
    {
        "AccessPolicies",
        "AccessPolicy",
        "FileSystemPolicy",
        "KeyPolicy",
        "Policies",
        "Policy",
        "PolicyText",
        "RepositoryPolicyText",
        "ResourcePolicy",
    }
)
"""Properties that hold documents, beside those whose names end in `PolicyDocument` (CloudFormation Template
Reference)."""


def statements_in(name: str, value: Any) -> Iterator[tuple[Any, Under]]:
    """Yield the statements of the documents in a property, as they stand, with the conditions of the template.

    An intrinsic function in the place of a document or of statements is yielded itself, but for `Fn::If`.

    Parameters
    ----------
    name
        Of the property.
    value
        Of the property.
    """
    for document, under in _documents(name, value, ALWAYS):
        yield from elements(document if is_opaque(document) else document["Statement"], under)


def is_opaque(value: Any) -> bool:
    """Whether only CloudFormation knows what a value stands for, or adds to it."""
    return not isinstance(value, Mapping) or is_intrinsic(value) or "Fn::Transform" in value


def _documents(name: str, value: Any, under: Under) -> Iterator[tuple[Any, Under]]:
    for given, when in elements(value, under):
        one = _parsed(given)
        if not isinstance(one, Mapping):
            continue
        if is_opaque(one) and _holds_documents(name):
            yield one, when
        elif is_intrinsic(one):
            continue
        elif isinstance(one.get("Statement"), list | Mapping):
            yield one, when
        else:
            for key, each in one.items():
                yield from _documents(key, each, when)


def _parsed(value: Any) -> Any:
    """Return a document that is given as a text, or as one that is joined."""
    text = resolved(value) if isinstance(value, Mapping) and is_intrinsic(value) else value
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return value
    try:
        return json.loads(text)
    except ValueError:
        return value


def _holds_documents(name: str) -> bool:
    return name in _NAMES or name.endswith("PolicyDocument")
