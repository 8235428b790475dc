"""IAM's roles and managed policies."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.cleanup.finding import Clients
from slipway.cleanup.kinds.resource_kind import Pause, ResourceKind, Tags, named_resources, pages, tag_map
from slipway.cleanup.resource import Resource
from stacks.names import Names

_HOLDERS = (
    ("PolicyRoles", "RoleName", "role"),
    ("PolicyUsers", "UserName", "user"),
    ("PolicyGroups", "GroupName", "group"),
)


def _roles(clients: Clients, names: Names) -> Iterator[Resource]:
    return named_resources("role", pages(clients("iam"), "list_roles", "Roles"), "RoleName", "Arn", names)


def _role_tags(clients: Clients, resource: Resource) -> Tags:
    return tag_map(list(pages(clients("iam"), "list_role_tags", "Tags", RoleName=resource.name)))


def _attached(clients: Clients, role: str) -> list[str]:
    found = pages(clients("iam"), "list_attached_role_policies", "AttachedPolicies", RoleName=role)
    return [one["PolicyArn"] for one in found]


def _inline(clients: Clients, role: str) -> list[str]:
    return list(pages(clients("iam"), "list_role_policies", "PolicyNames", RoleName=role))


def _role_commands(clients: Clients, resource: Resource) -> tuple[str, ...]:
    name = f"--role-name {resource.name}"
    return (
        *(f"iam detach-role-policy {name} --policy-arn {arn}" for arn in _attached(clients, resource.name)),
        *(f"iam delete-role-policy {name} --policy-name {policy}" for policy in _inline(clients, resource.name)),
        f"iam delete-role {name}",
    )


def _remove_role(clients: Clients, resource: Resource, _: Pause) -> None:
    iam, name = clients("iam"), resource.name
    for arn in _attached(clients, name):
        iam.detach_role_policy(RoleName=name, PolicyArn=arn)
    for policy in _inline(clients, name):
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)


def _policies(clients: Clients, names: Names) -> Iterator[Resource]:
    found = pages(clients("iam"), "list_policies", "Policies", Scope="Local")
    return named_resources("managed policy", found, "PolicyName", "Arn", names)


def _policy_tags(clients: Clients, resource: Resource) -> Tags:
    return tag_map(list(pages(clients("iam"), "list_policy_tags", "Tags", PolicyArn=resource.arn)))


def _held_by(clients: Clients, arn: str) -> list[tuple[str, str, str]]:
    """Return who has a policy, as the member that names it, its name and what it is."""
    found = list(clients("iam").get_paginator("list_entities_for_policy").paginate(PolicyArn=arn))
    return [
        (member, one[member], what)
        for holders, member, what in _HOLDERS
        for page in found
        for one in page.get(holders, [])
    ]


def _old_versions(clients: Clients, arn: str) -> list[str]:
    versions = pages(clients("iam"), "list_policy_versions", "Versions", PolicyArn=arn)
    return [one["VersionId"] for one in versions if not one["IsDefaultVersion"]]


def _policy_commands(clients: Clients, resource: Resource) -> tuple[str, ...]:
    policy = f"--policy-arn {resource.arn}"
    return (
        *(
            f"iam detach-{what}-policy --{what}-name {name} {policy}"
            for _, name, what in _held_by(clients, resource.arn)
        ),
        *(
            f"iam delete-policy-version {policy} --version-id {version}"
            for version in _old_versions(clients, resource.arn)
        ),
        f"iam delete-policy {policy}",
    )


def _remove_policy(clients: Clients, resource: Resource, _: Pause) -> None:
    iam, arn = clients("iam"), resource.arn
    for member, name, what in _held_by(clients, arn):
        getattr(iam, f"detach_{what}_policy")(**{member: name}, PolicyArn=arn)
    for version in _old_versions(clients, arn):
        iam.delete_policy_version(PolicyArn=arn, VersionId=version)
    iam.delete_policy(PolicyArn=arn)


ROLES = ResourceKind("role", "roles", _roles, _role_commands, _remove_role, _role_tags)
MANAGED_POLICIES = ResourceKind(
    "managed policy", "managed policies", _policies, _policy_commands, _remove_policy, _policy_tags
)
