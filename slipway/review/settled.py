"""Two states of a stack, with what the rest of their templates decides put into their resources.

A value that has the same text on both sides may be another one all the same: by a condition, a mapping or a
parameter that is defined otherwise now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from slipway.review.assembly import Stack
from slipway.review.branches import NOTHING
from slipway.review.intrinsics import substituted
from slipway.review.template_facts import TemplateFacts

_PARTS_OF_IF = 3

_Described = Callable[[TemplateFacts, str], str | None]


def settled(old: Stack, new: Stack) -> tuple[Stack, Stack]:
    """Return both states with conditions, mappings and parameters put in place.

    What is the same in every deployment stands where it was referred to: a branch of an `Fn::If`, a value of a
    mapping; a resource whose condition never holds is left out. Of what only a deployment decides, the name has
    its definition beside it where the other state defines it otherwise.

    Parameters
    ----------
    old, new
        The stack in base and head.
    """
    before, after = TemplateFacts(old.template), TemplateFacts(new.template)
    return _Settler(before, after).of(old), _Settler(after, before).of(new)


class _Settler:
    def __init__(self, own: TemplateFacts, other: TemplateFacts) -> None:
        self._own, self._other = own, other

    def of(self, stack: Stack) -> Stack:
        resources = stack.template.get("Resources")
        if not isinstance(resources, Mapping):
            return stack
        return replace(stack, template={**stack.template, "Resources": dict(self._resources(resources))})

    def _resources(self, resources: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for key, resource in resources.items():
            condition = resource.get("Condition") if isinstance(resource, Mapping) else None
            if not isinstance(condition, str):
                yield key, self._value(resource)
                continue
            truth = self._own.truth(condition)
            rest = {name: each for name, each in resource.items() if name != "Condition"}
            if truth is None:
                yield key, {**self._value(rest), "Condition": self._named(condition, TemplateFacts.condition)}
            elif truth:
                yield key, self._value(rest)

    def _named(self, name: str, described: _Described) -> str:
        own = described(self._own, name)
        return name if own is None or own == described(self._other, name) else own

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [each for each in map(self._value, value) if each != NOTHING]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            put = {"Ref": self._ref, "Fn::If": self._if, "Fn::FindInMap": self._in_map, "Fn::Sub": self._sub}
            if function in put:
                return put[function](argument)
        return {key: each for key, one in value.items() if (each := self._value(one)) != NOTHING}

    def _ref(self, name: Any) -> Any:
        return {"Ref": self._named(name, TemplateFacts.parameter) if isinstance(name, str) else name}

    def _if(self, test: Any) -> Any:
        if not isinstance(test, list) or len(test) != _PARTS_OF_IF or not isinstance(test[0], str):
            return {"Fn::If": test}
        truth = self._own.truth(test[0])
        if truth is not None:
            return self._value(test[1 if truth else 2])
        return {"Fn::If": [self._named(test[0], TemplateFacts.condition), *map(self._value, test[1:])]}

    def _in_map(self, keys: Any) -> Any:
        if not isinstance(keys, list) or not keys:
            return {"Fn::FindInMap": keys}
        settled_keys = list(map(self._value, keys))
        found = self._own.found(settled_keys)
        if found is not None:
            return found
        named = self._named(str(keys[0]), TemplateFacts.mapping)
        return {"Fn::FindInMap": [named, *settled_keys[1:]]}

    def _sub(self, argument: Any) -> Any:
        text, own = argument if _has_variables(argument) else (argument, {})
        if not isinstance(text, str):
            return {"Fn::Sub": self._value(argument)}
        named = {name: self._named(name, TemplateFacts.parameter) for name in substituted(text)}
        variables = {name: {"Ref": one} for name, one in named.items() if one != name} | self._value(own)
        return {"Fn::Sub": [text, variables] if variables else text}


def _has_variables(argument: Any) -> bool:
    return (
        isinstance(argument, list)
        and len(argument) == len(("text", "variables"))
        and isinstance(argument[1], Mapping)
    )
