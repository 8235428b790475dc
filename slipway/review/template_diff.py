"""What CloudFormation would do with the resources of a stack: add, update, replace, delete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slipway.review.assembly import Stack
from slipway.review.changes import CONDITION, REFERS, Effect, Fate, PropertyChange, ResourceChange
from slipway.review.intrinsics import plain, references
from slipway.review.property_diff import ABSENT, ValueChange, same, value_changes
from slipway.review.renames import renames
from slipway.review.resource_spec import ResourceType, TypeOf

_KEPT = frozenset({"Retain", "RetainExceptOnCreate", "Snapshot"})
_ATTRIBUTES = (CONDITION, "DeletionPolicy", "UpdateReplacePolicy", "UpdatePolicy", "CreationPolicy")


def resource_changes(old: Stack, new: Stack, type_of: TypeOf) -> list[ResourceChange]:
    """Compare the resources of two states of a stack.

    Parameters
    ----------
    old, new
        The stack.
    type_of
        Finds what is known of a resource's type.
    """
    return list(_Comparison(old.resources, new.resources, type_of).changes())


class _Comparison:
    def __init__(
        self, old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]], type_of: TypeOf
    ) -> None:
        self._old, self._new, self._type_of = old, new, type_of
        self._renamed = renames(old, new)  # by the new logical id
        self._common = [key for key in new if key in old and old[key]["Type"] == new[key]["Type"]]
        self._replaced = self._find_replaced()

    def changes(self) -> Iterator[ResourceChange]:
        renamed = set(self._renamed.values())
        for key in self._old:
            if key not in self._common and key not in renamed:
                yield self._gone(key)
        for key in self._new:
            if key in self._renamed:
                yield self._replaced_by(key, self._renamed[key])
            elif key in self._common:
                yield from self._changed(key)
            else:
                kind = self._type(self._new[key])
                yield ResourceChange(key, plain(key), self._new[key]["Type"], "added", kind.stateful)

    def _gone(self, key: str) -> ResourceChange:
        resource = self._old[key]
        fate = _fate(resource, "DeletionPolicy")
        return ResourceChange(key, plain(key), resource["Type"], "deleted", self._type(resource).stateful, fate)

    def _replaced_by(self, key: str, old_key: str) -> ResourceChange:
        old, new = self._old[old_key], self._new[key]
        return ResourceChange(
            logical_id=key,
            name=plain(key),
            type=new["Type"],
            effect="replaced",
            stateful=self._type(new).stateful,
            fate=_fate(old, "DeletionPolicy"),
            replaced_id=old_key,
            properties=tuple(self._properties(old, new)),
        )

    def _changed(self, key: str) -> Iterator[ResourceChange]:
        old, new = self._old[key], self._new[key]
        properties = tuple(self._properties(old, new))
        effect = self._effect(key, properties)
        policy = "DeletionPolicy" if effect == "may be deleted" else "UpdateReplacePolicy"
        if properties or effect != "updated":
            yield ResourceChange(
                logical_id=key,
                name=plain(key),
                type=new["Type"],
                effect=effect,
                stateful=self._type(new).stateful,
                fate=None if effect == "updated" else _fate(new, policy),
                properties=properties,
            )

    def _effect(self, key: str, properties: Sequence[PropertyChange]) -> Effect:
        if key in self._replaced:
            return "replaced"
        if any(each.path == CONDITION and each.new is not None for each in properties):
            return "may be deleted"
        return "may be replaced" if any(each.replaces == "maybe" for each in properties) else "updated"

    def _properties(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[PropertyChange]:
        kind = self._type(new)
        before, after = old.get("Properties", {}), new.get("Properties", {})
        for name in dict.fromkeys([*before, *after]):
            replaces = kind.replaces.get(name, "no")
            for change in self._of_property(name, before.get(name, ABSENT), after.get(name, ABSENT)):
                yield PropertyChange(*change, replaces)
        for name in _ATTRIBUTES:
            for change in value_changes(name, old.get(name, ABSENT), new.get(name, ABSENT)):
                yield PropertyChange(*change, "no")

    def _of_property(self, name: str, old: Any, new: Any) -> Iterator[ValueChange]:
        if not same(old, new):
            yield from value_changes(name, old, new)
            return
        replaced = [each for each in references(new) if each in self._replaced or each in self._renamed]
        if replaced:
            yield ValueChange(name, None, None, f"{REFERS}: {', '.join(dict.fromkeys(map(plain, replaced)))}")

    def _find_replaced(self) -> set[str]:
        """Return what is replaced under its own logical id, which may replace what refers to it in turn."""
        replaced: set[str] = set()
        while True:
            more = {key for key in self._common if key not in replaced and self._is_replaced(key, replaced)}
            if not more:
                return replaced
            replaced |= more

    def _is_replaced(self, key: str, replaced: set[str]) -> bool:
        before, after = self._old[key].get("Properties", {}), self._new[key].get("Properties", {})
        return any(
            not same(before.get(name), after.get(name))
            or any(each in replaced or each in self._renamed for each in references(after.get(name)))
            for name, replaces in self._type(self._new[key]).replaces.items()
            if replaces == "yes"
        )

    def _type(self, resource: Mapping[str, Any]) -> ResourceType:
        return self._type_of(resource["Type"])


def _fate(resource: Mapping[str, Any], policy: str) -> Fate:
    return "kept" if str(resource.get(policy)) in _KEPT else "deleted"
