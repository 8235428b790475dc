"""Policy documents of a resource, whatever the property is called that they stand in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from slipway.review.branches import ALWAYS, Under, elements
from slipway.review.intrinsics import as_text, is_intrinsic, resolved
from slipway.review.macros import holds_macro, is_processed

_DOCUMENT = frozenset({"FileSystemPolicy", "KeyPolicy", "PolicyText", "RepositoryPolicyText", "ResourcePolicy"})
_MAY_HOLD = _DOCUMENT | {"AccessPolicies", "AccessPolicy", "Policies", "Policy"}
"""Properties that hold documents, beside those whose names end in `PolicyDocument` (CloudFormation Template
Reference). In the place of others than `_DOCUMENT`, something else has the same name elsewhere."""


def statements_in(name: str, value: Any) -> Iterator[tuple[Any, Under]]:
    """Yield the statements of the documents in a property, as they stand, with the conditions of the template.

    What stands in the place of a document or of statements and cannot be read here is yielded itself: an intrinsic
    function but for `Fn::If`, a text that is no document, and whatever a macro is to process.

    Parameters
    ----------
    name
        Of the property.
    value
        Of the property.
    """
    found = [each for one, under in _documents(name, value, ALWAYS) for each in _statements(one, under)]
    if holds_macro(value) and not any(holds_macro(statement) for statement, _ in found):
        found.append(([value], ALWAYS))
    yield from found


def is_opaque(value: Any) -> bool:
    """Whether only CloudFormation knows what a value stands for, or adds to it."""
    return not isinstance(value, Mapping) or is_intrinsic(value) or is_processed(value)


def _statements(document: Any, under: Under) -> Iterator[tuple[Any, Under]]:
    if is_opaque(document):
        yield document, under
    else:
        yield from elements(document["Statement"], under)


def _documents(name: str, value: Any, under: Under) -> Iterator[tuple[Any, Under]]:
    for given, when in elements(value, under):
        one = _parsed(given)
        if is_opaque(one):
            if _may_hold_documents(name):
                yield one, when
        elif isinstance(one.get("Statement"), list | Mapping):
            yield one, when
        else:
            inside = [found for key, each in one.items() for found in _documents(key, each, when)]
            # A document by its place which has no statements by their name is none that can be read.
            yield from inside or ([(as_text(one), when)] if _is_document(name) else [])


def _parsed(value: Any) -> Any:
    """Return a document that is given as a text, or as one that is joined."""
    text = resolved(value) if isinstance(value, Mapping) and is_intrinsic(value) else value
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return value
    try:
        return json.loads(text)
    except ValueError:
        return value


def _may_hold_documents(name: str) -> bool:
    return name in _MAY_HOLD or _is_document(name)


def _is_document(name: str) -> bool:
    return name in _DOCUMENT or name.endswith("PolicyDocument")
