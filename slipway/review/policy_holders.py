"""Whom policies are about: roles, users and groups, those who may take a role, resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from slipway.review.branches import ALWAYS, Under, elements
from slipway.review.intrinsics import as_text, plain, references

HolderKind = Literal[
    "role", "user", "group", "trust", "managed policy", "policy", "resource", "workload", "template"
]
"""Whose statements: what a role, user or group may do, who may take a role, what those with a policy may do, a
resource's own, what runs as some role, those of somebody whom only CloudFormation knows."""

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
PERMISSIONS = frozenset({"AWS::Lambda::LayerVersionPermission", "AWS::Lambda::Permission"})
"""Types that are one statement, without a document."""

ROLES_OF_WORKLOADS = ("ExecutionRoleArn", "Role", "RoleArn", "TaskRoleArn")
"""Properties with the role that a model, a function or the like runs as."""

TARGETS = (
    "Bucket",
    "Queues",
    "Topics",
    "KeyId",
    "SecretId",
    "FunctionName",
    "LayerVersionArn",
    "TableBucketARN",
    "ResourceArn",
)
"""Properties of resource policies that say what they are attached to."""


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


def attached(stack: str, properties: Mapping[str, Any]) -> Iterator[tuple[Holder, Under]]:
    """Yield the roles, users and groups that a policy's properties give it to, and under which conditions."""
    for key, kind in _ATTACHMENTS.items():
        for one, under in elements(properties.get(key, [])):
            yield Holder(kind, stack, _identity(one)), under


def holders(
    stack: str, logical_id: str, kind: str, name: str, properties: Mapping[str, Any]
) -> Iterator[tuple[Holder, Under]]:
    """Yield whom the policy documents in one property of a resource are about, and under which conditions.

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
        yield Holder("trust", stack, logical_id), ALWAYS
    elif own:
        yield own, ALWAYS
    elif kind == MANAGED_POLICY:
        yield Holder("managed policy", stack, logical_id), ALWAYS
    elif kind in _INLINE:
        yield from list(attached(stack, properties)) or [(Holder("policy", stack, logical_id), ALWAYS)]
    elif kind.startswith("AWS::IAM::"):
        yield Holder("policy", stack, logical_id), ALWAYS
    else:
        yield from targets(stack, logical_id, properties)


def targets(stack: str, logical_id: str, properties: Mapping[str, Any]) -> Iterator[tuple[Holder, Under]]:
    """Yield what a resource policy is attached to: resources, or the policy's own where it names none."""
    given = [(key, each) for key in TARGETS for each in elements(properties.get(key, []))]
    for _, (one, under) in given:
        name = next(references(one), None) or f"named {as_text(one)}"
        yield Holder("resource", stack, name), under
    if not given:
        yield Holder("resource", stack, logical_id), ALWAYS


def _identity(value: Any) -> str:
    """Return the logical id that a value is, or its text in a form that no logical id has."""
    if isinstance(value, Mapping) and set(value) in ({"Ref"}, {"Fn::GetAtt"}):
        return next(references(value))
    return f"named {as_text(value)}"
