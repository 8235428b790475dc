"""Signatures of torch's operators, as far as they decide whether a call is accepted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

_SCHEMA = re.compile(r"(?P<name>[\w:]+?)(?:\.(?P<overload>\w+))?\((?P<arguments>.*)\)", re.DOTALL)
_ALIAS = re.compile(r"\([a-z*](?:\|[a-z])*(?: -> [*a-z|]+)?!?\)")
_LENGTH = re.compile(r"\[\d+\]")
_ARGUMENT = re.compile(r"(?P<type>[\w.]*(?:\(.*\))?[\[\]?]*)(?: (?P<name>\w+))?(?P<default>=.*)?", re.DOTALL)
_NUMBERS = frozenset({"int", "float", "bool", "complex"})


@dataclass(frozen=True)
class Argument:
    """An argument of an operator.

    Parameters
    ----------
    type
        In torch's words, without alias marks and lengths; symbolic integers are integers, as in TorchScript.
    name
        Empty where it is given by its place alone.
    optional
        Whether it has a default.
    """

    type: str
    name: str
    optional: bool

    def accepts(self, given: Argument) -> bool:
        """Whether every value of the type of `given` is one of this argument's type."""
        return _accepts(self.type, given.type)

    def __str__(self) -> str:
        name = f" {self.name}" if self.name else ""
        return f"{self.type}{name}{'=' if self.optional else ''}"


@dataclass(frozen=True)
class Signature:
    """How an operator is called.

    Parameters
    ----------
    name, overload
        As in `aten::add` and `Tensor`; the overload may be empty.
    by_place
        Arguments that are given by place.
    by_name
        Arguments that are given by name alone.
    any_more
        Whether it takes whatever else it is given.
    """

    name: str
    overload: str
    by_place: tuple[Argument, ...]
    by_name: tuple[Argument, ...]
    any_more: bool

    def __str__(self) -> str:
        parts = [str(argument) for argument in self.by_place]
        parts += ["..."] if self.any_more else []
        parts += ["*", *map(str, self.by_name)] if self.by_name else []
        return f"{self.full_name}({', '.join(parts)})"

    @property
    def full_name(self) -> str:
        """The name with its overload, as in `aten::add.Tensor`."""
        return f"{self.name}.{self.overload}" if self.overload else self.name

    def first(self, count: int) -> Signature:
        """Return what remains when the call gives the first `count` arguments only."""
        by_place = self.by_place[:count]
        by_name = self.by_name[: max(0, count - len(self.by_place))]
        return Signature(self.name, self.overload, by_place, by_name, self.any_more)

    def accepts(self, call: Signature) -> bool:
        """Whether an operator of this signature can be called with all arguments of `call`.

        What it wants besides must have a default (PyTorch's rule of backward compatibility for operators).
        """
        if self.any_more:
            return True
        if len(call.by_place) > len(self.by_place):
            return False
        if not all(mine.accepts(given) for mine, given in zip(self.by_place, call.by_place, strict=False)):
            return False
        rest = {argument.name: argument for argument in (*self.by_place[len(call.by_place) :], *self.by_name)}
        for given in call.by_name:
            mine = rest.pop(given.name, None)
            if mine is None or not mine.accepts(given):
                return False
        return all(argument.optional for argument in rest.values())


@cache
def parse_signature(schema: str) -> Signature:
    """Read a schema, as torch prints it or as `operators.txt` has it.

    Raises
    ------
    ValueError
        It is no schema.
    """
    name, _, rest = schema.partition("(")
    arguments, arrow, _ = _LENGTH.sub("[]", _ALIAS.sub("", rest)).partition(") -> ")
    match = _SCHEMA.fullmatch(f"{name}({arguments}{')' if arrow else ''}")
    if match is None:
        raise ValueError(f"{schema!r} is no operator schema")
    by_place: list[Argument] = []
    by_name: list[Argument] = []
    any_more = False
    current = by_place
    for text in _split(match["arguments"]):
        if text == "*":
            current = by_name
        elif text == "...":
            any_more = True
        else:
            current.append(_argument(text))
    return Signature(match["name"], match["overload"] or "", tuple(by_place), tuple(by_name), any_more)


def without_place_names(signature: Signature) -> Signature:
    """Return the shorter form of `operators.txt`: the names of arguments that have a place say nothing."""
    by_place = tuple(Argument(argument.type, "", argument.optional) for argument in signature.by_place)
    return Signature(signature.name, signature.overload, by_place, signature.by_name, signature.any_more)


def _argument(text: str) -> Argument:
    match = _ARGUMENT.fullmatch(text)
    if match is None or not match["type"]:
        raise ValueError(f"{text!r} is no argument of an operator")
    kind = match["type"].replace("SymInt", "int").replace("SymBool", "bool")
    return Argument(kind, match["name"] or "", match["default"] is not None)


def _split(arguments: str) -> list[str]:
    """Split at the commas outside brackets and strings."""
    parts: list[str] = []
    start = depth = 0
    quoted = False
    for place, character in enumerate(arguments):
        if character == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(arguments[start:place])
            start = place + 1
    return [part.strip() for part in (*parts, arguments[start:]) if part.strip()]


def _accepts(mine: str, given: str) -> bool:
    generic = len(mine.rstrip("[]?")) == 1  # a type variable, as in `len(t[] a)`
    if mine in {given, "Any", f"{given}?"} or generic:
        return True
    bare, optional = mine.removesuffix("?"), given.endswith("?")
    if optional and not mine.endswith("?"):
        return False
    kind = given.removesuffix("?")
    return bare == kind or (bare == "Scalar" and kind in _NUMBERS) or (bare == "float" and kind == "int")
