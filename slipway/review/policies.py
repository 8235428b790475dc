"""Every policy statement of a stack's template, by whom it is about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from slipway.review.assembly import Stack
from slipway.review.intrinsics import as_text, is_intrinsic, plain, references, resolved

HolderKind = Literal["role", "trust", "managed policy", "policy", "resource"]
"""Whose statements: what a role may do, who may take a role, what those with a policy may do, a resource's own."""

_WHOLE = frozenset({"*"})


@dataclass(frozen=True)
class Holder:
    """Whom statements are about.

    Parameters
    ----------
    kind
        See `HolderKind`.
    stack
        The stack's name.
    name
        Logical id of the role, policy or resource.
    """

    kind: HolderKind
    stack: str
    name: str

    @property
    def shown(self) -> str:
        """The name without the CDK's hash."""
        return plain(self.name)


@dataclass(frozen=True)
class Statement:
    """A statement, with its values as text and in no order.

    Parameters
    ----------
    effect
        `Allow` or `Deny`.
    actions, resources, principals
        Patterns; what is excepted (`NotAction` and the like) starts with `not `.
    conditions
        Each a text of its own: operator, key and values.
    sid
        Its name, if it has one.
    """

    effect: str
    actions: frozenset[str]
    resources: frozenset[str] = _WHOLE
    principals: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()
    sid: str = field(default="", compare=False)


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
            Holder("resource", stack, _target(properties.get("FunctionName"), logical_id)),
            _permission(properties),
        )
    if kind == "AWS::IAM::Role":
        yield from _of_role(Holder("role", stack, logical_id), properties)
    for name, value in properties.items():
        for document in _documents(value):
            for holder in _holders(stack, logical_id, kind, name, properties):
                for statement in _as_list(document["Statement"]):
                    yield holder, _statement(statement, has_resource=holder.kind != "trust")


def _of_role(holder: Holder, properties: Mapping[str, Any]) -> Iterator[tuple[Holder, Statement]]:
    """Yield what managed policies give a role: by their names, since AWS keeps their statements."""
    for policy in properties.get("ManagedPolicyArns", []):
        yield holder, Statement("Allow", frozenset({f"all of the policy {as_text(policy)}"}))
    boundary = properties.get("PermissionsBoundary")
    if boundary is not None:
        yield holder, Statement("Deny", frozenset({f"all outside the boundary {as_text(boundary)}"}))


def _documents(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            return
    if isinstance(value, list):
        for each in value:
            yield from _documents(each)
    elif isinstance(value, Mapping) and not is_intrinsic(value):
        if isinstance(value.get("Statement"), list | Mapping):
            yield value
        else:
            for each in value.values():
                yield from _documents(each)


def _holders(stack: str, logical_id: str, kind: str, name: str, properties: Mapping[str, Any]) -> Iterator[Holder]:
    if kind == "AWS::IAM::Role":
        yield Holder("trust" if name == "AssumeRolePolicyDocument" else "role", stack, logical_id)
    elif kind == "AWS::IAM::ManagedPolicy":
        yield Holder("managed policy", stack, logical_id)
    elif kind in {"AWS::IAM::Policy", "AWS::IAM::RolePolicy"}:
        roles = [*references(properties.get("Roles", [])), *references(properties.get("RoleName"))]
        yield from [Holder("role", stack, role) for role in roles] or [Holder("policy", stack, logical_id)]
    elif kind.startswith("AWS::IAM::"):
        yield Holder("policy", stack, logical_id)
    else:
        targets = [
            properties[key] for key in ("Bucket", "Queues", "Topics", "KeyId", "SecretId") if key in properties
        ]
        yield Holder("resource", stack, _target(targets, logical_id))


def _target(value: Any, otherwise: str) -> str:
    """Return the logical id of what a resource policy is attached to, or of the policy."""
    return next(references(value), otherwise)


def _permission(properties: Mapping[str, Any]) -> Statement:
    conditions = [
        f"{key} {as_text(properties[key])}" for key in ("SourceArn", "SourceAccount") if key in properties
    ]
    return Statement(
        "Allow",
        frozenset({as_text(properties.get("Action"))}),
        principals=frozenset({as_text(properties.get("Principal"))}),
        conditions=frozenset(conditions),
    )


def _statement(statement: Mapping[str, Any], *, has_resource: bool) -> Statement:
    return Statement(
        effect=str(statement.get("Effect", "Allow")),
        actions=_patterns(statement, "Action"),
        resources=_patterns(statement, "Resource") if has_resource else _WHOLE,
        principals=frozenset(_principals(statement)),
        conditions=frozenset(_conditions(statement.get("Condition", {}))),
        sid=str(statement.get("Sid", "")),
    )


def _patterns(statement: Mapping[str, Any], key: str) -> frozenset[str]:
    excepted = sorted(as_text(each) for each in _as_list(statement.get(f"Not{key}", [])))
    if excepted:
        return frozenset({f"not {', '.join(excepted)}"})
    return frozenset(as_text(each) for each in _as_list(statement.get(key, "*")))


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


def _conditions(conditions: Any) -> Iterator[str]:
    for operator, tests in resolved(conditions).items() if isinstance(conditions, Mapping) else ():
        for key, values in tests.items() if isinstance(tests, Mapping) else ():
            shown = " or ".join(sorted(as_text(each) for each in _as_list(values)))
            yield f"{key} {operator} {shown}"


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
