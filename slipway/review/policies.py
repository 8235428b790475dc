"""Every policy statement of a stack's template, by whom it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from slipway.review.assembly import Stack
from slipway.review.branches import NOTHING, Under, branches, elements, there_if, together
from slipway.review.conditions import Condition
from slipway.review.intrinsics import as_text
from slipway.review.macros import unreadable_parts
from slipway.review.policy_documents import statements_in
from slipway.review.policy_holders import (
    MANAGED_POLICY,
    MEMBERSHIP,
    PERMISSIONS,
    ROLES_OF_WORKLOADS,
    TARGETS,
    Holder,
    attached,
    holders,
    principal,
    targets,
)
from slipway.review.policy_statement import Statement, read_statement

Statements = dict[Holder, list[Statement]]


def statements(stack: Stack) -> Statements:
    """Find the statements of a stack: identity-based, resource-based and trust policies, wherever they stand."""
    found: Statements = {}
    for part, text in unreadable_parts(stack):
        found.setdefault(Holder("template", stack.name, part), []).append(Statement(text))
    for logical_id, resource in stack.resources.items():
        for holder, statement in _of_resource(stack.name, logical_id, resource):
            found.setdefault(holder, []).append(statement)
    return found


def _of_resource(stack: str, logical_id: str, resource: Mapping[str, Any]) -> Iterator[tuple[Holder, Statement]]:
    under = there_if(resource.get("Condition"))
    for holder, statement in _whatever_holds(stack, logical_id, resource["Type"], resource.get("Properties", {})):
        when = together(under, statement.conditions)
        if when is not None:
            yield holder, replace(statement, conditions=when)


def _whatever_holds(
    stack: str, logical_id: str, kind: str, properties: Mapping[str, Any]
) -> Iterator[tuple[Holder, Statement]]:
    """Yield what a resource brings as long as it is there."""
    if kind in PERMISSIONS:
        for holder, under in targets(stack, logical_id, properties):
            yield holder, _permission(properties, under)
    for holder, given, under in chain(
        _given(stack, logical_id, kind, properties), _roles(stack, logical_id, properties)
    ):
        yield holder, Statement("Allow", frozenset({given}), conditions=under)
    own = principal(stack, logical_id, kind)
    if own:
        for boundary, under in branches(properties.get("PermissionsBoundary", NOTHING)):
            outside = frozenset({f"all outside the boundary {as_text(boundary)}"})
            yield own, Statement("Deny", outside, conditions=under)
    for name, value in properties.items():
        for statement, under in statements_in(name, value):
            for holder, when in holders(stack, logical_id, kind, name, properties):
                both = together(under, when)
                read = [] if both is None else read_statement(statement, both, holder.kind)
                yield from ((holder, each) for each in read)


def _given(
    stack: str, logical_id: str, kind: str, properties: Mapping[str, Any]
) -> Iterator[tuple[Holder, str, Under]]:
    """Yield who has which managed policy or is in which group: by name, as AWS keeps what most of them allow."""
    own = principal(stack, logical_id, kind)
    if own:
        for policy, under in elements(properties.get("ManagedPolicyArns", [])):
            yield own, f"all of the policy {as_text(policy)}", under
    if own and own.kind == "user":
        for group, under in elements(properties.get("Groups", [])):
            yield own, f"all of the group {as_text(group)}", under
    if kind == MANAGED_POLICY:
        for holder, under in attached(stack, properties):
            yield holder, f"all of the policy {as_text({'Ref': logical_id})}", under
    if kind == MEMBERSHIP:
        for holder, under in attached(stack, {"Users": properties.get("Users", [])}):
            yield holder, f"all of the group {as_text(properties.get('GroupName'))}", under


def _roles(stack: str, logical_id: str, properties: Mapping[str, Any]) -> Iterator[tuple[Holder, str, Under]]:
    """Yield as which role a resource runs."""
    for key in ROLES_OF_WORKLOADS:
        for role, under in elements(properties.get(key, [])):
            yield Holder("workload", stack, logical_id), f"all of the role {as_text(role)}", under


def _permission(properties: Mapping[str, Any], under: Under) -> Statement:
    """Return what `AWS::Lambda::Permission` and the like allow; what else they name has to hold, too."""
    rest = {key: as_text(each) for key, each in properties.items() if key not in {*TARGETS, "Action", "Principal"}}
    return Statement(
        "Allow",
        frozenset({as_text(properties.get("Action"))}),
        principals=frozenset({as_text(properties.get("Principal"))}),
        conditions=under.union(Condition(key, "is", (text,)) for key, text in rest.items()),
    )
