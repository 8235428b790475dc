"""What a value may be by CloudFormation's `Fn::If`, each with the conditions under which it is that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slipway.review.conditions import Condition

Under = frozenset[Condition]
"""Conditions of the template which all have to hold."""

ALWAYS: Under = frozenset()

NOTHING = {"Ref": "AWS::NoValue"}
"""In the place of a value that is not there."""

_PARTS_OF_IF = 3
_IS = "is"


def branches(value: Any, under: Under = ALWAYS) -> Iterator[tuple[Any, Under]]:
    """Yield what a value may be; nothing for a branch in which it is not there.

    Source: CloudFormation Template Reference, "Condition functions" (`Fn::If`) and "Pseudo parameters"
    (`AWS::NoValue`).
    """
    test = _test(value)
    if test:
        name, *sides = test
        for side, word in zip(sides, ("true", "false"), strict=True):
            both = together(under, frozenset({_condition(name, word)}))
            if both is not None:
                yield from branches(side, both)
    elif value != NOTHING:
        yield value, under


def elements(value: Any, under: Under = ALWAYS) -> Iterator[tuple[Any, Under]]:
    """Yield what may be in a list, or in the place of one, whatever stands between."""
    for one, when in branches(value, under):
        if isinstance(one, list):
            for each in one:
                yield from elements(each, when)
        else:
            yield one, when


def there_if(condition: Any) -> Under:
    """Return when a resource is there that has this attribute `Condition`, or None."""
    return ALWAYS if condition is None else frozenset({_condition(condition, "true")})


def together(*parts: Under) -> Under | None:
    """Return all conditions of several; None where they exclude one another: the same one true and false."""
    found = frozenset[Condition]().union(*parts)
    keys = [condition.key for condition in found if condition.operator == _IS]
    return None if len(set(keys)) < len(keys) else found


def _test(value: Any) -> list[Any] | None:
    test = value.get("Fn::If") if isinstance(value, Mapping) and len(value) == 1 else None
    return test if isinstance(test, list) and len(test) == _PARTS_OF_IF else None


def _condition(name: Any, word: str) -> Condition:
    return Condition(f"the stack's condition {name}", _IS, (word,))
