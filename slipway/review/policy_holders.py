"""Whom policies are about: roles, users and groups, those who may take a role, resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from slipway.review.intrinsics import as_text, plain, references

HolderKind = Literal["role", "user", "group", "trust", "managed policy", "policy", "resource"]
"""Whose statements: what a role, user or group may do, who may take a role, what those with a policy may do, a
resource's own."""

_PRINCIPALS: dict[str, HolderKind] = {
    "AWS::IAM::Role": "role",
    "AWS::IAM::User": "user",
    "AWS::IAM::Group": "group",
}
_ATTACHMENTS: dict[str, HolderKind] = {
    "Roles": "role",
    "RoleName": "role",
    "Users": "user",
    "UserName": "user",
    "Groups": "group",
    "GroupName": "group",
}
_INLINE = frozenset({"AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy"})
MANAGED_POLICY = "AWS::IAM::ManagedPolicy"
MEMBERSHIP = "AWS::IAM::UserToGroupAddition"


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
        Logical id of the principal, policy or resource; `named …` of a principal that no resource is.
    """

    kind: HolderKind
    stack: str
    name: str

    @property
    def shown(self) -> str:
        """The name without the CDK's hash."""
        return plain(self.name)


def principal(stack: str, logical_id: str, kind: str) -> Holder | None:
    """Return the role, user or group that a resource of some type is, if it is one."""
    return Holder(_PRINCIPALS[kind], stack, logical_id) if kind in _PRINCIPALS else None


def attached(stack: str, properties: Mapping[str, Any]) -> Iterator[Holder]:
    """Yield the roles, users and groups that a policy's properties give it to."""
    for key, kind in _ATTACHMENTS.items():
        named = properties.get(key, [])
        for one in named if isinstance(named, list) else [named]:
            yield Holder(kind, stack, _identity(one))


def holders(stack: str, logical_id: str, kind: str, name: str, properties: Mapping[str, Any]) -> Iterator[Holder]:
    """Yield whom the policy documents in one property of a resource are about.

    Parameters
    ----------
    stack
        The stack's name.
    logical_id, kind, properties
        Of the resource.
    name
        Of the property.
    """
    own = principal(stack, logical_id, kind)
    if name == "AssumeRolePolicyDocument":
        yield Holder("trust", stack, logical_id)
    elif own:
        yield own
    elif kind == MANAGED_POLICY:
        yield Holder("managed policy", stack, logical_id)
    elif kind in _INLINE:
        yield from list(attached(stack, properties)) or [Holder("policy", stack, logical_id)]
    elif kind.startswith("AWS::IAM::"):
        yield Holder("policy", stack, logical_id)
    else:
        targets = [
            properties[key] for key in ("Bucket", "Queues", "Topics", "KeyId", "SecretId") if key in properties
        ]
        yield Holder("resource", stack, target(targets, logical_id))


def target(value: Any, otherwise: str) -> str:
    """Return the logical id of what a resource policy is attached to, or of the policy."""
    return next(references(value), otherwise)


def _identity(value: Any) -> str:
    """Return the logical id that a value is, or its text in a form that no logical id has."""
    if isinstance(value, Mapping) and set(value) in ({"Ref"}, {"Fn::GetAtt"}):
        return next(references(value))
    return f"named {as_text(value)}"
