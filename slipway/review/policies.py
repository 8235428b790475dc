"""Every policy statement of a stack's template, by whom it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from slipway.review.assembly import Stack
from slipway.review.branches import ALWAYS, Under, branches, elements, together
from slipway.review.conditions import Condition, conditions
from slipway.review.intrinsics import as_text, is_intrinsic
from slipway.review.policy_documents import is_opaque, statements_in
from slipway.review.policy_holders import MANAGED_POLICY, MEMBERSHIP, Holder, attached, holders, principal, target

_WHOLE = frozenset({"*"})


@dataclass(frozen=True)
class Statement:
    """A statement, with its values as text and in no order.

    Parameters
    ----------
    effect
        `Allow` or `Deny`; else the intrinsic function that stands for it, or for the whole statement.
    actions, resources, principals
        Patterns; what is excepted (`NotAction` and the like) starts with `not `.
    conditions
        Which all have to hold, those of the template included.
    sid
        Its name, if it has one.
    """

    effect: str
    actions: frozenset[str]
    resources: frozenset[str] = _WHOLE
    principals: frozenset[str] = frozenset()
    conditions: frozenset[Condition] = frozenset()
    sid: str = field(default="", compare=False)

    @property
    def is_known(self) -> bool:
        """Whether it can be said that it allows, or that it denies."""
        return self.effect in {"Allow", "Deny"}


Statements = dict[Holder, list[Statement]]


def statements(stack: Stack) -> Statements:
    """Find the statements of a stack: identity-based, resource-based and trust policies, wherever they stand."""
    found: Statements = {}
    for logical_id, resource in stack.resources.items():
        for holder, statement in _of_resource(stack.name, logical_id, resource):
            found.setdefault(holder, []).append(statement)
    return found


def _of_resource(stack: str, logical_id: str, resource: Mapping[str, Any]) -> Iterator[tuple[Holder, Statement]]:
    properties = resource.get("Properties", {})
    kind = resource["Type"]
    if kind == "AWS::Lambda::Permission":
        yield (
            Holder("resource", stack, target(properties.get("FunctionName"), logical_id)),
            _permission(properties),
        )
    for holder, policy in _given(stack, logical_id, kind, properties):
        yield holder, Statement("Allow", frozenset({policy}))
    own = principal(stack, logical_id, kind)
    boundary = properties.get("PermissionsBoundary")
    if own and boundary is not None:
        yield own, Statement("Deny", frozenset({f"all outside the boundary {as_text(boundary)}"}))
    for name, value in properties.items():
        for statement, under in statements_in(name, value):
            for holder in holders(stack, logical_id, kind, name, properties):
                for each in _statements(holder, statement, under):
                    yield holder, each


def _given(stack: str, logical_id: str, kind: str, properties: Mapping[str, Any]) -> Iterator[tuple[Holder, str]]:
    """Yield who has which managed policy or is in which group: by name, as AWS keeps what most of them allow."""
    own = principal(stack, logical_id, kind)
    if own:
        for policy in _as_list(properties.get("ManagedPolicyArns", [])):
            yield own, f"all of the policy {as_text(policy)}"
    if own and own.kind == "user":
        for group in _as_list(properties.get("Groups", [])):
            yield own, f"all of the group {as_text(group)}"
    if kind == MANAGED_POLICY:
        for holder in attached(stack, properties):
            yield holder, f"all of the policy {as_text({'Ref': logical_id})}"
    if kind == MEMBERSHIP:
        for holder in attached(stack, {"Users": properties.get("Users", [])}):
            yield holder, f"all of the group {as_text(properties.get('GroupName'))}"


def _permission(properties: Mapping[str, Any]) -> Statement:
    sources = [key for key in ("SourceArn", "SourceAccount") if key in properties]
    return Statement(
        "Allow",
        frozenset({as_text(properties.get("Action"))}),
        principals=frozenset({as_text(properties.get("Principal"))}),
        conditions=frozenset(Condition(key, "is", (as_text(properties[key]),)) for key in sources),
    )


def _statements(holder: Holder, statement: Any, under: Under) -> Iterator[Statement]:
    """Yield what a statement may be by the template's conditions."""
    if is_opaque(statement):
        everyone = frozenset({"*"}) if holder.kind in {"trust", "resource"} else frozenset()
        yield Statement(as_text(statement), _WHOLE, principals=everyone, conditions=under)
        return
    choices = (
        branches(statement.get("Effect", "Allow")),
        _patterns(statement, "Action"),
        _patterns(statement, "Resource") if holder.kind != "trust" else [(_WHOLE, ALWAYS)],
        [*branches(statement.get("Condition", {}))] or [({}, ALWAYS)],
    )
    for (effect, *one), (actions, *two), (resources, *three), (block, *four) in product(*choices):
        holds = together(under, *one, *two, *three, *four)
        if holds is not None:
            yield Statement(
                effect=as_text(effect),
                actions=actions,
                resources=resources,
                principals=frozenset(_principals(statement)),
                conditions=holds | frozenset(conditions(block)),
                sid=str(statement.get("Sid", "")),
            )


def _patterns(statement: Mapping[str, Any], key: str) -> list[tuple[frozenset[str], Under]]:
    excepted = sorted(as_text(each) for each in _as_list(statement.get(f"Not{key}", [])))
    if excepted:
        return [(frozenset({f"not {', '.join(excepted)}"}), ALWAYS)]
    found: dict[Under, set[str]] = {}
    for each, under in elements(statement.get(key, "*")):
        found.setdefault(under, set()).add(as_text(each))
    return [(frozenset(patterns), under) for under, patterns in found.items()]


def _principals(statement: Mapping[str, Any]) -> Iterator[str]:
    for key, prefix in (("Principal", ""), ("NotPrincipal", "not ")):
        value = statement.get(key)
        if isinstance(value, Mapping) and not is_intrinsic(value):
            for kind, names in value.items():
                yield from (f"{prefix}{_principal(kind, as_text(each))}" for each in _as_list(names))
        elif value is not None:
            yield f"{prefix}{as_text(value)}"


def _principal(kind: str, name: str) -> str:
    return "*" if (kind, name) == ("AWS", "*") else name


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
