"""Resources that go in one place of a stack and come in another: replaced, under another logical id."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

_ALIKE = 0.5
"""The share of equal properties from which on two resources are taken for one that moved."""

Resources = Mapping[str, Mapping[str, Any]]


def renames(old: Resources, new: Resources) -> dict[str, str]:
    """Pair resources that only one state of a stack has, each with the one of its type that is most like it.

    Returns
    -------
    dict
        The old logical ids by the new ones.
    """
    gone = _by_type(old, new)
    come = _by_type(new, old)
    scores = [
        (_likeness(old[before], new[after]), before, after)
        for resource_type, names in come.items()
        for after in names
        for before in gone.get(resource_type, ())
    ]
    found: dict[str, str] = {}
    for score, before, after in sorted(scores, key=lambda each: (-each[0], each[1], each[2])):
        if score >= _ALIKE and after not in found and before not in found.values():
            found[after] = before
    return found


def _by_type(resources: Resources, others: Resources) -> dict[str, list[str]]:
    """List the logical ids by type that `others` does not have with this type."""
    found = defaultdict(list)
    for key, resource in resources.items():
        if key not in others or others[key]["Type"] != resource["Type"]:
            found[resource["Type"]].append(key)
    return found


def _likeness(old: Mapping[str, Any], new: Mapping[str, Any]) -> float:
    before, after = _leaves(old), _leaves(new)
    everything = len(before | after)
    return len(before & after) / everything if everything else 1.0


def _leaves(resource: Mapping[str, Any]) -> set[tuple[str, str]]:
    properties = resource.get("Properties", {}).items()
    return {(name, json.dumps(value, sort_keys=True)) for name, value in properties}
