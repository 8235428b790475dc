"""What a template says literally: CloudFormation's intrinsic functions, resolved as far as nothing is guessed."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

_SUBSTITUTED = re.compile(r"\$\{(!?)([^}]*)\}")


class Unknown(NamedTuple):
    """A value that only the deployment knows; `perhaps_absent` when there may be none at all."""

    perhaps_absent: bool = False


class Reference(NamedTuple):
    """`Ref` or `Fn::GetAtt` of a resource in the template; `attribute` is empty for `Ref`."""

    logical_id: str
    attribute: str = ""


class Text(NamedTuple):
    """Text that is literal in parts."""

    parts: tuple["str | Unknown | Reference", ...]


class _Absent(NamedTuple):
    """`AWS::NoValue`."""


UNKNOWN = Unknown()
ABSENT = _Absent()


class Resolver:
    """Resolves the values of one template.

    Parameters
    ----------
    document
        The template.
    region, account
        Of the stack; None where it may be deployed anywhere.
    """

    def __init__(self, document: Mapping[str, Any], *, region: str | None, account: str | None) -> None:
        self._resources = document.get("Resources") or {}
        self._mappings = document.get("Mappings") or {}
        self._pseudo = {"AWS::Region": region, "AWS::AccountId": account, **_of_partition(region)}

    def resolve(self, value: Any) -> Any:
        """Return the value with its literals as Python has them.

        Returns
        -------
        object
            A text, number, boolean, list or dictionary; where it is not literal `Unknown`, `Reference` or `Text`;
            `ABSENT` for AWS::NoValue. Lists and dictionaries hold no `ABSENT`.
        """
        if isinstance(value, Mapping):
            if len(value) == 1:
                ((function, argument),) = value.items()
                if function == "Ref" or str(function).startswith("Fn::"):
                    return self._call(function, argument)
            members = {key: self.resolve(member) for key, member in value.items()}
            return {key: member for key, member in members.items() if member is not ABSENT}
        if isinstance(value, list):
            return [member for member in map(self.resolve, value) if member is not ABSENT]
        return value

    def _call(self, function: str, argument: Any) -> Any:
        functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._attribute,
            "Fn::Join": self._join,
            "Fn::Sub": self._sub,
            "Fn::FindInMap": self._find,
            # Which branch it takes is up to the deployment, and a branch may be AWS::NoValue.
            "Fn::If": lambda _: Unknown(perhaps_absent=True),
        }
        return functions[function](argument) if function in functions else UNKNOWN

    def _ref(self, name: Any) -> Any:
        if not isinstance(name, str):
            return UNKNOWN
        if name == "AWS::NoValue":
            return ABSENT
        if name in self._resources:
            return Reference(name)
        known = self._pseudo.get(name)
        return UNKNOWN if known is None else known

    def _attribute(self, argument: Any) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        if isinstance(parts, list) and len(parts) == 2 and all(isinstance(part, str) for part in parts):  # noqa: PLR2004
            return Reference(*parts) if parts[0] in self._resources else UNKNOWN
        return UNKNOWN

    def _join(self, argument: Any) -> Any:
        if not (isinstance(argument, list) and len(argument) == 2 and isinstance(argument[0], str)):  # noqa: PLR2004
            return UNKNOWN
        members = self.resolve(argument[1])
        if not isinstance(members, list):
            return UNKNOWN
        parts: list[Any] = []
        for index, member in enumerate(members):
            parts += [argument[0], member] if index else [member]
        return _text(parts)

    def _sub(self, argument: Any) -> Any:
        text, variables = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})  # noqa: PLR2004
        if not isinstance(text, str) or not isinstance(variables, Mapping):
            return UNKNOWN
        parts: list[Any] = []
        end = 0
        for found in _SUBSTITUTED.finditer(text):
            parts.append(text[end : found.start()])
            end = found.end()
            literal, name = found.group(1), found.group(2)
            if literal:
                parts.append(f"${{{name}}}")
            elif name in variables:
                parts.append(self.resolve(variables[name]))
            else:
                parts.append(self._attribute(name) if "." in name else self._ref(name))
        return _text([*parts, text[end:]])

    def _find(self, argument: Any) -> Any:
        keys = self.resolve(argument)
        if not (isinstance(keys, list) and all(isinstance(key, str) for key in keys)):
            return UNKNOWN
        found: Any = self._mappings
        for key in keys:
            found = found.get(key, UNKNOWN) if isinstance(found, Mapping) else UNKNOWN
        return found


def _text(parts: list[Any]) -> Any:
    """Join literal parts; numbers and booleans are written as CloudFormation writes them."""
    joined: list[Any] = []
    for part in _flat(parts):
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    if not joined:
        return ""
    return joined[0] if len(joined) == 1 and isinstance(joined[0], str) else Text(tuple(joined))


def _flat(parts: list[Any]) -> list[Any]:
    flat: list[Any] = []
    for part in parts:
        if isinstance(part, Text):
            flat.extend(part.parts)
        elif isinstance(part, (str, Unknown, Reference)):
            flat.append(part)
        elif isinstance(part, bool):
            flat.append(str(part).lower())
        else:
            flat.append(str(part) if isinstance(part, (int, float)) else UNKNOWN)
    return flat


def _of_partition(region: str | None) -> dict[str, str | None]:
    """Return the pseudo parameters that follow from a region, where that is certain."""
    if region is None or region.startswith(("us-iso", "eu-iso", "eusc-")):
        return {}
    if region.startswith("cn-"):
        return {"AWS::Partition": "aws-cn", "AWS::URLSuffix": "amazonaws.com.cn"}
    return {
        "AWS::Partition": "aws-us-gov" if region.startswith("us-gov-") else "aws",
        "AWS::URLSuffix": "amazonaws.com",
    }
