"""Conditions of CloudFormation templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ministack.services.cloudformation import changesets, engine, handlers, stacks


def join_in_conditions() -> None:
    """Let conditions compare what Fn::Join makes, which ministack takes for equal to nothing.

    The bootstrap's conditions do: without this its role for CloudFormation has no policy.
    """
    original = engine._evaluate_conditions

    def evaluate_conditions(template: Mapping[str, Any], params: Mapping[str, Any]) -> Any:
        conditions = _with_joined(template.get("Conditions", {}), params)
        return original({**template, "Conditions": conditions}, params)

    for module in (changesets, engine, handlers, stacks):
        module._evaluate_conditions = evaluate_conditions


def _with_joined(value: Any, params: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_with_joined(each, params) for each in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Fn::Join"}:
        delimiter, items = value["Fn::Join"]
        return str(delimiter).join(_members(items, params))
    return {name: _with_joined(each, params) for name, each in value.items()}


def _members(items: Any, params: Mapping[str, Any]) -> list[str]:
    """Return what is joined: a parameter that is a list, or several values. Conditions know no resources."""
    if isinstance(items, dict) and items.get("Ref") in params:
        return [member.strip() for member in str(params[items["Ref"]]["Value"]).split(",")]
    if isinstance(items, list):
        return [_value(each, params) for each in items]
    raise ValueError(f"The local AWS does not implement {items} in a Fn::Join of a condition")


def _value(item: Any, params: Mapping[str, Any]) -> str:
    if isinstance(item, dict) and item.get("Ref") in params:
        return str(params[item["Ref"]]["Value"])
    if isinstance(item, str):
        return item
    raise ValueError(f"The local AWS does not implement {item} in a Fn::Join of a condition")
