"""CloudFormation's intrinsic functions as text that people read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_HASH = re.compile(r"(?<=.)[0-9A-F]{8}$")  # what the CDK adds to a logical id
_SUBSTITUTED = re.compile(r"\$\{([^!}][^}]*)\}")
_PARTS_OF_SUB = 2


def is_intrinsic(value: Any) -> bool:
    """Whether a value is a call of an intrinsic function."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return False
    (name,) = value
    return name in {"Ref", "Condition"} or str(name).startswith("Fn::")


def references(value: Any) -> Iterator[str]:
    """Yield the logical ids, and pseudo parameters, that a value refers to."""
    if isinstance(value, Mapping):
        if is_intrinsic(value):
            yield from _named(value)
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def _named(call: Mapping[str, Any]) -> Iterator[str]:
    ((name, argument),) = call.items()
    if name == "Ref":
        yield str(argument)
    elif name == "Fn::GetAtt":
        yield str(next(iter(argument), "") if isinstance(argument, list) else str(argument).partition(".")[0])
    elif name == "Fn::Sub":
        yield from substituted(str(argument[0] if isinstance(argument, list) and argument else argument))


def substituted(text: str) -> Iterator[str]:
    """Yield the names in the text of an `Fn::Sub`."""
    for found in _SUBSTITUTED.findall(text):
        yield found.partition(".")[0]


def plain(logical_id: str) -> str:
    """Return a logical id without the hash that the CDK gave it."""
    return _HASH.sub("", logical_id)


def resolved(value: Any) -> Any:
    """Return a value with `${Name}` and `${Name.Attribute}` in the place of references, and joined text joined."""
    if isinstance(value, list):
        return [resolved(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    return _called(value) if is_intrinsic(value) else {key: resolved(each) for key, each in value.items()}


def _called(call: Mapping[str, Any]) -> Any:
    ((name, argument),) = call.items()
    if name == "Ref":
        return f"${{{plain(str(argument))}}}"
    if name == "Fn::GetAtt":
        parts = (argument if isinstance(argument, list) else str(argument).split(".", 1)) or [""]
        return f"${{{'.'.join([plain(str(parts[0])), *map(str, parts[1:])])}}}"
    if name == "Fn::Sub":
        return _substituted(argument)
    if name == "Fn::Join" and isinstance(argument, list) and argument and isinstance(argument[-1], list):
        parts = resolved(argument[-1])
        if all(isinstance(part, str) for part in parts):
            return str(argument[0]).join(parts)
    return {name: resolved(argument)}


def _substituted(argument: Any) -> Any:
    """Return the text of an `Fn::Sub`; itself where a variable of its own is no text."""
    text, own = argument if isinstance(argument, list) and len(argument) == _PARTS_OF_SUB else (argument, {})
    variables = resolved(own)
    if not isinstance(text, str) or not isinstance(variables, Mapping):
        return {"Fn::Sub": resolved(argument)}
    if not all(isinstance(each, str) for each in variables.values()):
        return {"Fn::Sub": resolved(argument)}

    def put(match: re.Match[str]) -> str:
        name, dot, attribute = match.group(1).partition(".")
        return str(variables.get(match.group(1), f"${{{plain(name)}{dot}{attribute}}}"))

    return _SUBSTITUTED.sub(put, text)


def as_text(value: Any) -> str:
    """Return a value as one text, JSON where it is no text."""
    readable = resolved(value)
    return readable if isinstance(readable, str) else json.dumps(readable, sort_keys=True, ensure_ascii=False)
