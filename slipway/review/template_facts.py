"""What a template's own sections say: its conditions, mappings and parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slipway.review.intrinsics import as_text, resolved
from slipway.review.property_diff import same

_KEYS_OF_A_MAPPING = 3
_SIDES = 2


class TemplateFacts:
    """The sections of a template that decide what its values are.

    Parameters
    ----------
    template
        As CloudFormation gets it.
    """

    def __init__(self, template: Mapping[str, Any]) -> None:
        self._conditions = _section(template, "Conditions")
        self._mappings = _section(template, "Mappings")
        self._parameters = _section(template, "Parameters")

    def parameter(self, name: str) -> str | None:
        """Return a parameter's name with what it is by default; None where the template has no such parameter."""
        facts = self._parameters.get(name)
        if not isinstance(facts, Mapping):
            return None
        kind = [] if facts.get("Type", "String") == "String" else [as_text(facts["Type"])]
        default = [f"by default: {as_text(facts['Default'])}"] if "Default" in facts else []
        return f"{name} ({', '.join([*kind, *default]) or 'a parameter'})"

    def mapping(self, name: str) -> str | None:
        """Return a mapping's name with all of it; None where the template has no such mapping."""
        return f"{name} ({as_text(self._mappings[name])})" if name in self._mappings else None

    def condition(self, name: str) -> str | None:
        """Return a condition's name with its definition; None where the template has no such condition."""
        return f"{name} ({as_text(self._definition(name))})" if name in self._conditions else None

    def found(self, keys: Sequence[Any]) -> Any:
        """Return what `Fn::FindInMap` finds by these arguments; None where only a deployment knows."""
        value: Any = self._mappings
        for key in keys[:_KEYS_OF_A_MAPPING]:
            if not isinstance(key, str) or not isinstance(value, Mapping):
                return None
            value = value.get(key)
        return value

    def truth(self, name: str) -> bool | None:
        """Return what a condition is in every deployment; None where only a deployment knows.

        Source: CloudFormation Template Reference, "Condition functions".
        """
        return _truth(self._definition(name))

    def _definition(self, name: str, above: tuple[str, ...] = ()) -> Any:
        if name in above or name not in self._conditions:
            return {"Condition": name}
        return self._expanded(self._conditions[name], (*above, name))

    def _expanded(self, value: Any, above: tuple[str, ...]) -> Any:
        """Return a part of a condition with what it refers to in its place."""
        if isinstance(value, list):
            return [self._expanded(each, above) for each in value]
        if not isinstance(value, Mapping):
            return value
        name, argument = next(iter(value.items())) if len(value) == 1 else ("", None)
        if name == "Condition" and isinstance(argument, str):
            return self._definition(argument, above)
        if name == "Ref" and isinstance(argument, str):
            return {"Ref": self.parameter(argument) or argument}
        if name == "Fn::FindInMap" and isinstance(argument, list):
            return self._in_map([self._expanded(each, above) for each in argument])
        return {key: self._expanded(each, above) for key, each in value.items()}

    def _in_map(self, keys: list[Any]) -> Any:
        found = self.found(keys)
        if found is not None or not keys:
            return found
        return {"Fn::FindInMap": [self.mapping(str(keys[0])) or keys[0], *keys[1:]]}


def _section(template: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = template.get(name)
    return section if isinstance(section, Mapping) else {}


def _truth(test: Any) -> bool | None:
    ((function, arguments),) = test.items() if isinstance(test, Mapping) and len(test) == 1 else [("", None)]
    if not isinstance(arguments, list):
        return None
    if function == "Fn::Equals":
        return _are_equal(*map(resolved, arguments)) if len(arguments) == _SIDES else None
    parts = [_truth(each) for each in arguments]
    if function == "Fn::Not" and len(parts) == 1:
        return None if parts[0] is None else not parts[0]
    # What decides alone, whatever the others are.
    decisive = {"Fn::And": False, "Fn::Or": True}.get(function)
    if decisive is None or decisive in parts:
        return decisive
    return None if None in parts else not decisive


def _are_equal(left: Any, right: Any) -> bool | None:
    if same(left, right):
        return True
    are_literal = all(isinstance(each, str) and "${" not in each for each in (left, right))
    return False if are_literal else None
