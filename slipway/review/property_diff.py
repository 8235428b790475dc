"""What differs between two values of a template, place by place."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from slipway.review.intrinsics import as_text, is_intrinsic, resolved

_IDENTITIES = ("Key", "VariantName", "Name", "Sid", "Id", "AlarmName", "MetricName")
"""What tells the members of a list apart in CloudFormation's properties."""

POLICY = "policy"
"""The note on a policy document, whose statements are compared by what they allow."""


class _Absent:
    """In the place of a value that is not there."""


ABSENT = _Absent()


class ValueChange(NamedTuple):
    """A difference.

    Parameters
    ----------
    path
        Where, as in `ProductionVariants[AllTraffic].InstanceType`.
    old, new
        As text; None where there is no value.
    note
        What the values do not say; see `POLICY`.
    """

    path: str
    old: str | None
    new: str | None
    note: str | None = None


def same(old: Any, new: Any) -> bool:
    """Whether two values are the same JSON: Python's `==` has 1 for `true`."""
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(same(value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same, old, new))
    return bool(old == new)


def value_changes(path: str, old: Any, new: Any) -> Iterator[ValueChange]:
    """Yield the differences between two values; `ABSENT` stands for none.

    Parameters
    ----------
    path
        Where the values are.
    old, new
        The values as the templates have them.
    """
    if same(old, new):
        return
    if _is_policy(old) or _is_policy(new):
        yield ValueChange(path, None, None, POLICY)
    elif _is_object(old) and _is_object(new):
        yield from _of_objects(path, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_lists(path, old, new)
    else:
        yield from _of_texts(path, old, new)


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping) and not is_intrinsic(value)


def _is_policy(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("Statement"), list | Mapping)


def _of_objects(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[ValueChange]:
    for key in dict.fromkeys([*old, *new]):
        yield from value_changes(f"{path}.{key}" if path else str(key), old.get(key, ABSENT), new.get(key, ABSENT))


def _of_lists(path: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[ValueChange]:
    identity = _identity([*old], [*new])
    if identity:
        old_members = {each[identity]: each for each in old}
        new_members = {each[identity]: each for each in new}
        for name in dict.fromkeys([*old_members, *new_members]):
            pair = old_members.get(name, ABSENT), new_members.get(name, ABSENT)
            yield from value_changes(f"{path}[{name}]", *pair)
    elif all(not _is_object(each) and not isinstance(each, list) for each in (*old, *new)):
        yield from _of_sets(path, old, new)
    else:
        for index in range(max(len(old), len(new))):
            pair = _at(old, index), _at(new, index)
            yield from value_changes(f"{path}[{index}]", *pair)


def _at(values: Sequence[Any], index: int) -> Any:
    return values[index] if index < len(values) else ABSENT


def _identity(*lists: list[Any]) -> str | None:
    """Return the key that tells the members of both lists apart, or None."""
    for key in _IDENTITIES:
        names = [[each.get(key) if isinstance(each, Mapping) else None for each in values] for values in lists]
        if all(_tell_apart(each) for each in names):
            return key
    return None


def _tell_apart(names: Sequence[Hashable]) -> bool:
    return all(isinstance(name, str) for name in names) and len(set(names)) == len(names)


def _of_sets(path: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[ValueChange]:
    old_texts, new_texts = [as_text(each) for each in old], [as_text(each) for each in new]
    gone = [text for text in old_texts if text not in new_texts]
    come = [text for text in new_texts if text not in old_texts]
    if not gone and not come:  # another order, or another number of the same
        yield ValueChange(path, as_text(old), as_text(new))
    elif len(gone) == len(come) == 1:
        yield ValueChange(f"{path}[]", gone[0], come[0])
    else:
        yield from (ValueChange(f"{path}[]", text, None) for text in gone)
        yield from (ValueChange(f"{path}[]", None, text) for text in come)


def _of_texts(path: str, old: Any, new: Any) -> Iterator[ValueChange]:
    old_text, new_text = _text(old), _text(new)
    documents = _document(old_text), _document(new_text)
    if all(map(_is_object, documents)) or all(isinstance(each, list) for each in documents):
        found = list(value_changes(path, *documents))
        yield from found or [ValueChange(path, old_text, new_text)]
    elif old_text == new_text:  # names that differ only in what people do not read
        yield ValueChange(path, _raw(old), _raw(new))
    else:
        yield ValueChange(path, old_text, new_text)


def _text(value: Any) -> str | None:
    return None if value is ABSENT else as_text(value)


def _raw(value: Any) -> str | None:
    return None if value is ABSENT else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _document(text: str | None) -> Any:
    """Return what a text holds that is JSON, as a dashboard's body is; None for another text."""
    if not text or text[0] not in "{[":
        return None
    try:
        return resolved(json.loads(text))
    except ValueError:
        return None
