"""Checks requests against botocore's service models, as AWS's own front end checks them.

botocore on the caller's side checks types and required members only; patterns, enums, lengths and ranges are
refused by the service. The wording follows the ``ValidationException`` that the services answer.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import botocore.session
import regex
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from local_aws.api_error import validation_error

# What Java's regular expressions write differently: the end of the text, characters above U+FFFF as pairs, and
# a length behind an anchor, which a model of SageMaker has by mistake.
_JAVA_DIALECT = (
    (r"\z", r"\Z"),
    (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF"),
    (")${", "){"),
)
_NUMBERS = {"integer": int, "long": int, "float": float, "double": float}


class ApiModel:
    """The API model of one AWS service.

    Parameters
    ----------
    service
        botocore's name of the service, such as ``sagemaker``.
    """

    def __init__(self, service: str) -> None:
        self._model: ServiceModel = botocore.session.get_session().get_service_model(service)

    def operation(self, name: str) -> OperationModel | None:
        """Return the operation, or None when the service has none of that name."""
        return self._model.operation_model(name) if name in self._model.operation_names else None

    def validate(self, operation: str, request: dict[str, Any]) -> None:
        """Refuse a request that breaks the input shape of the operation.

        Raises
        ------
        ApiError
            ``ValidationException``, naming every violation.
        """
        shape = self._model.operation_model(operation).input_shape
        if shape is None:
            return
        errors = list(_violations(shape, request, ""))
        if errors:
            count = f"{len(errors)} validation error{'s' if len(errors) > 1 else ''} detected"
            raise validation_error(f"{count}: {'; '.join(errors)}")

    def request_from_properties(self, operation: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Return CloudFormation properties as a request of the operation.

        CloudFormation carries numbers and booleans as strings as well; members that the operation does not
        take are left out (CloudFormation itself reads them, such as ``Tags`` of an update).
        """
        shape = self._model.operation_model(operation).input_shape
        members = shape.members if isinstance(shape, StructureShape) else {}
        return {key: _coerce(members[key], value) for key, value in properties.items() if key in members}


def _violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        yield from _structure_violations(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _list_violations(shape, value, path)
    elif isinstance(shape, MapShape):
        yield from _map_violations(shape, value, path)
    else:
        yield from _scalar_violations(shape, value, path)


def _structure_violations(shape: StructureShape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _type_violation(value, path, "a structure")
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield _violation("null", _member(path, name), "Member must not be null")
    for name, member in value.items():
        if name not in shape.members:
            yield f"Unknown member '{_member(path, name)}'"
        elif member is not None:
            yield from _violations(shape.members[name], member, _member(path, name))


def _list_violations(shape: ListShape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield _type_violation(value, path, "a list")
        return
    yield from _length_violations(shape, len(value), value, path)
    for index, member in enumerate(value, 1):
        yield from _violations(shape.member, member, f"{path}.{index}.member")


def _map_violations(shape: MapShape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _type_violation(value, path, "a map")
        return
    yield from _length_violations(shape, len(value), value, path)
    for key, member in value.items():
        yield from _violations(shape.key, key, f"{path}.{key}")
        yield from _violations(shape.value, member, f"{path}.{key}")


def _scalar_violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "string":
        yield from _string_violations(shape, value, path)
    elif shape.type_name in _NUMBERS:
        yield from _number_violations(shape, value, path)
    elif shape.type_name == "boolean" and not isinstance(value, bool):
        yield _type_violation(value, path, "a boolean")


def _string_violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield _type_violation(value, path, "a string")
        return
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        yield _violation(value, path, f"Member must satisfy enum value set: [{', '.join(enum)}]")
    yield from _length_violations(shape, len(value), value, path)
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield _violation(value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _number_violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    whole = _NUMBERS[shape.type_name] is int
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        yield _type_violation(value, path, "a whole number" if whole else "a number")
        return
    lowest, highest = shape.metadata.get("min"), shape.metadata.get("max")
    if lowest is not None and value < lowest:
        yield _violation(value, path, f"Member must have value greater than or equal to {lowest}")
    if highest is not None and value > highest:
        yield _violation(value, path, f"Member must have value less than or equal to {highest}")


def _length_violations(shape: Shape, length: int, value: Any, path: str) -> Iterator[str]:
    shortest, longest = shape.metadata.get("min"), shape.metadata.get("max")
    if shortest is not None and length < shortest:
        yield _violation(value, path, f"Member must have length greater than or equal to {shortest}")
    if longest is not None and length > longest:
        yield _violation(value, path, f"Member must have length less than or equal to {longest}")


def _violation(value: Any, path: str, constraint: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"


def _type_violation(value: Any, path: str, wanted: str) -> str:
    return f"Value '{value}' at '{path or 'request'}' is not {wanted}"


def _member(path: str, name: str) -> str:
    """Return the path of a member the way AWS writes it: its first letter in lower case."""
    own = name[:1].lower() + name[1:]
    return f"{path}.{own}" if path else own


@functools.cache
def _compiled(pattern: str) -> regex.Pattern[str]:
    r"""Return a pattern of the API model; ``re`` does not know the ``\p{L}`` of its dialect, ``regex`` does."""
    for java, own in _JAVA_DIALECT:
        pattern = pattern.replace(java, own)
    return regex.compile(pattern)


def _coerce(shape: Shape, value: Any) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {k: _coerce(shape.members[k], v) if k in shape.members else v for k, v in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_coerce(shape.member, member) for member in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: _coerce(shape.value, member) for key, member in value.items()}
    return _coerce_scalar(shape, value)


def _coerce_scalar(shape: Shape, value: Any) -> Any:
    if isinstance(value, str) and shape.type_name == "boolean" and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if isinstance(value, str) and shape.type_name in _NUMBERS:
        try:
            return _NUMBERS[shape.type_name](value)
        except ValueError:
            return value
    if shape.type_name == "string" and isinstance(value, bool):
        return str(value).lower()
    return str(value) if shape.type_name == "string" and isinstance(value, int | float) else value
