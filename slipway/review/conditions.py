"""The conditions of a policy statement, and which of them say at least as much as others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slipway.review.intrinsics import as_text, is_intrinsic
from slipway.review.macros import is_processed

_ANY_OF = frozenset(
    {
        "ArnEquals",
        "ArnLike",
        "BinaryEquals",
        "Bool",
        "DateEquals",
        "IpAddress",
        "NumericEquals",
        "StringEquals",
        "StringEqualsIgnoreCase",
        "StringLike",
    }
)
"""Operators that hold when one of the values fits, and only if the key is there.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Conditions with multiple context keys
or values". A negated operator asks that none of its values fits, and one with `IfExists` holds without the key.
"""


_HOLDING = ("true",)


@dataclass(frozen=True, order=True)
class Condition:
    """A test of one key.

    Parameters
    ----------
    key
        What is tested.
    operator
        How; as IAM spells it.
    values
        What it is compared with, as text, sorted.
    """

    key: str
    operator: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.key} {self.operator} {' or '.join(self.values)}"

    def implies(self, other: Condition) -> bool:
        """Whether the other one holds wherever this one does, as far as one can tell from their form."""
        return self == other or (
            (self.key, self.operator) == (other.key, other.operator)
            and self.operator in _ANY_OF
            and bool(self.values)
            and set(self.values) <= set(other.values)
        )


def conditions(block: Any) -> Iterator[Condition]:
    """Yield the tests of a statement's `Condition`; what cannot be read is one test, equal to itself alone."""
    if not _is_read(block):
        yield Condition(as_text(block), "is", _HOLDING)
        return
    for operator, tests in block.items():
        if not _is_read(tests):
            yield Condition(as_text({operator: tests}), "is", _HOLDING)
            continue
        for key, values in tests.items():
            listed = values if isinstance(values, list) else [values]
            yield Condition(key, operator, tuple(sorted(map(as_text, listed))))


def _is_read(value: Any) -> bool:
    return isinstance(value, Mapping) and not is_intrinsic(value) and not is_processed(value)
