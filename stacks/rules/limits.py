"""Checks that several rules share: ranges, lengths and names."""

import re
from collections.abc import Iterator

from stacks.rules.registry import Problem
from stacks.rules.template import Node

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_MAX_NAME = 63


def outside(node: Node, low: float, high: float, unit: str = "") -> Iterator[Problem]:
    """Yield a problem when a number is outside its range.

    Parameters
    ----------
    node
        The number.
    low, high
        The ends of the range, both allowed.
    unit
        Written after numbers.
    """
    number = node.number
    if number is not None and not low <= number <= high:
        name = node.path.rpartition(".")[2]
        bound = low if number < low else high
        yield Problem(
            node, f"{name} is {number:g}{unit}", f"Choose {low:g} to {high:g}{unit}, for example {bound:g}."
        )


def bad_name(node: Node) -> Iterator[Problem]:
    """Yield a problem when a name is not one of SageMaker's.

    Models, endpoints, configs and variants share the pattern: 1 to 63 letters, digits and hyphens, none at an end.
    """
    name = node.text
    if name is not None and not (len(name) <= _MAX_NAME and _NAME.fullmatch(name)):
        mended = re.sub("[^a-zA-Z0-9]+", "-", name)[:_MAX_NAME].strip("-")
        hint = f", for example {mended}" if mended else ""
        yield Problem(
            node, f"{name!r} is no name", f"Use 1 to 63 letters, digits and hyphens, none at an end{hint}."
        )


def too_long(node: Node, limit: int) -> Iterator[Problem]:
    """Yield a problem when a text has more characters than allowed."""
    if node.text is not None and len(node.text) > limit:
        name = node.path.rpartition(".")[2]
        yield Problem(node, f"{name} has {len(node.text)} characters", f"Shorten it to {limit}.")
