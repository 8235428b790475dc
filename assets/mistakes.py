"""pydantic's findings, in the words of a YAML file."""

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from assets.nearest import did_you_mean

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

_TYPES = {
    "string_type": "must be text, in quotes where YAML reads something else",
    "string_too_short": "must not be empty",
    "invalid_key": "must be text, in quotes where YAML reads something else",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must hold `key: value` lines",
    "model_type": "must hold `key: value` lines",
    "model_attributes_type": "must hold `key: value` lines",
}


class Mistake(NamedTuple):
    """What is wrong in a file: the dotted key, and what is wrong with it."""

    key: str
    problem: str


def mistakes(error: ValidationError, model: type[BaseModel], document: Mapping[Any, Any]) -> Iterator[Mistake]:
    """Yield one mistake per finding of pydantic.

    Parameters
    ----------
    error
        What pydantic found.
    model
        The class that was validated.
    document
        The file's content as YAML has it.
    """
    for details in error.errors(include_url=False):
        # A default that could not be made follows from another mistake, which is reported itself.
        if details["type"] != "default_factory_not_called":
            key = _key(details["loc"], document)
            is_tag = details["type"].startswith("union_tag")
            yield Mistake(f"{key}.type" if is_tag else key, _problem(details, model))


def _problem(details: "ErrorDetails", model: type[BaseModel]) -> str:
    kind, value, location = details["type"], details["input"], details["loc"]
    match kind:
        case "extra_forbidden":
            problem = f"unknown key{_allowed(location[-1], _keys(_annotation(model, location[:-1])))}"
        case "missing" | "union_tag_not_found":
            problem = f"is missing{_allowed(None, _choices(_annotation(model, location)))}"
        case "union_tag_invalid":
            value = details["ctx"]["tag"]
            problem = f"{value!r} is not allowed{_allowed(value, _choices(_annotation(model, location)))}"
        case "literal_error":
            problem = f"{value!r} is not allowed{_allowed(value, _choices(_annotation(model, location)))}"
        case "greater_than_equal" | "less_than_equal":
            problem = _out_of_range(value, _annotation(model, location[:-1]).model_fields[str(location[-1])])
        case "value_error":
            problem = str(details["ctx"]["error"])
        case _:
            problem = f"{_TYPES.get(kind, details['msg'])}, not {value!r}"
    return problem


def _allowed(value: object, choices: list[Any]) -> str:
    if not choices:
        return ""
    return f"; allowed: {', '.join(map(str, choices))}{did_you_mean(value, choices) if value is not None else ''}"


def _key(location: tuple[int | str, ...], document: Mapping[Any, Any]) -> str:
    """Write a location as a dotted key, without what pydantic puts in: the union's tag and `[key]`."""
    parts: list[str] = []
    current: Any = document
    for part in location:
        inside = current if isinstance(current, Mapping) else {}
        if part == "[key]" or (part not in inside and inside.get("type") == part):
            continue
        parts.append(str(part))
        current = inside.get(part)
    return ".".join(parts)


def _annotation(model: type[BaseModel], location: tuple[int | str, ...]) -> Any:
    """Follow a location through the classes, their unions and dictionaries, to the type that stands there."""
    current: Any = model
    for part in location:
        if _is_model(current):
            current = _without_none(current.model_fields[str(part)].annotation)
        elif get_origin(current) is dict:
            current = get_args(current)[1]
        elif get_origin(current) is list:
            current = get_args(current)[0]
        else:
            current = next(member for member in get_args(current) if _is_model(member) and part in _tags(member))
    return current


def _without_none(annotation: Any) -> Any:
    """Return the one type that may stand there beside None, which pydantic's locations do not name."""
    others = [member for member in get_args(annotation) if member is not type(None)]
    is_optional = get_origin(annotation) in (Union, UnionType) and len(others) < len(get_args(annotation))
    only = others[0] if is_optional and len(others) == 1 else annotation
    return get_args(only)[0] if get_origin(only) is Annotated else only


def _out_of_range(value: float, field: "FieldInfo") -> str:
    low = next(bound.ge for bound in field.metadata if hasattr(bound, "ge"))
    high = next((bound.le for bound in field.metadata if hasattr(bound, "le")), None)
    allowed = f"at least {low}" if high is None else f"{low} to {high}"
    return f"{value!r} is not allowed; allowed: {allowed}; did you mean {low if value < low else high}?"


def _keys(model: type[BaseModel]) -> list[str]:
    """List what a file may hold: a field that the JSON schema leaves out does not come from the file."""
    return list(model.model_json_schema()["properties"])


def _choices(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    return [choice for member in get_args(annotation) for choice in (_tags(member) or _choices(member))]


def _tags(member: Any) -> list[Any]:
    is_tagged = _is_model(member) and "type" in member.model_fields
    return _choices(member.model_fields["type"].annotation) if is_tagged else []


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
