"""What is asked before CloudFormation takes on an operation on a stack, and before it touches a resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, handlers, helpers, provisioners, stacks

from local_aws.ministack_seam.authorization import Refusal

Properties = Mapping[str, Any]
# The operations that take a role, or run with one that was given before (CloudFormation API Reference, "RoleARN").
_OPERATIONS = (
    "ContinueUpdateRollback",
    "CreateChangeSet",
    "CreateStack",
    "DeleteStack",
    "ExecuteChangeSet",
    "RollbackStack",
    "UpdateStack",
)
_ROLE = "_slipway_role"


@dataclass(frozen=True)
class Change:
    """What CloudFormation is about to do to a resource.

    Parameters
    ----------
    role
        The ARN of the stack's role, None without one.
    stack_name, logical_id, resource_type
        Of the resource; some deletions come without the logical id.
    physical_id
        None when the resource is made.
    old, new
        The properties before and after; None where there are none, as after a deletion.
    """

    role: str | None
    stack_name: str
    logical_id: str
    resource_type: str
    physical_id: str | None
    old: Properties | None
    new: Properties | None


def guard_stack_operations(refused: Callable[[str | None, bool], Refusal | None]) -> None:
    """Ask before an operation on a stack is taken on, and keep the role that it shall act with.

    A stack acts with the role that it was given last (CloudFormation User Guide, "CloudFormation service role").

    Parameters
    ----------
    refused
        Takes the ARN of the role, None without one, and whether this request named it; returns why not.
    """
    for operation in _OPERATIONS:
        cloudformation._ACTION_HANDLERS[operation] = _guarded(
            operation, cloudformation._ACTION_HANDLERS[operation], refused
        )


def _guarded(
    operation: str, answer: Callable[[Any], Any], refused: Callable[[str | None, bool], Refusal | None]
) -> Callable[[Any], Any]:
    def guarded(params: Any) -> Any:
        named = helpers._p(params, "RoleARN") or None
        role = named or _kept_role(operation, params)
        if refusal := refused(role, named is not None):
            return helpers._error(refusal.code, refusal.message, refusal.status)
        executed = _stack_of(operation, params) if operation == "ExecuteChangeSet" else None
        answered = answer(params)
        if role and answered[0] < 300:  # noqa: PLR2004 - an HTTP status
            holder = _change_set(params) if operation == "CreateChangeSet" else executed
            holder = holder or _stack_of(operation, params)
            if holder is not None:  # there is no stack after the deletion of one that never was
                holder[_ROLE] = role
        return answered

    return guarded


def _kept_role(operation: str, params: Any) -> str | None:
    """Return the role that the change set or the stack was given; a stack that is made anew has none yet."""
    if operation == "CreateStack":
        return None
    change_set = _change_set(params) if operation == "ExecuteChangeSet" else None
    stack = _stack_of(operation, params)
    gone = stack is not None and stack["StackStatus"] == "DELETE_COMPLETE"
    return (change_set or {}).get(_ROLE) or (None if gone else (stack or {}).get(_ROLE))


def _change_set(params: Any) -> Any:
    name, stack_name = helpers._p(params, "ChangeSetName"), helpers._p(params, "StackName")
    return changesets._find_change_set(name, stack_name)[1]


def _stack_of(operation: str, params: Any) -> Any:
    name = helpers._p(params, "StackName")
    if operation == "ExecuteChangeSet":
        name = (_change_set(params) or {}).get("StackName", name)
    return handlers._resolve_stack(name)


def guard_resources(check: Callable[[Change], None]) -> None:
    """Call something before a stack makes, changes or deletes a resource, which fails with what it raises.

    An update that replaces a resource is asked as a creation; what was replaced is deleted by itself.
    """
    provision, update, delete = stacks._provision_resource, stacks._update_resource, stacks._delete_resource

    def guarded_provision(resource_type: str, logical_id: str, properties: Properties, stack_name: str) -> Any:
        check(Change(_role(stack_name), stack_name, logical_id, resource_type, None, None, properties))
        return provision(resource_type, logical_id, properties, stack_name)

    def guarded_update(resource_type: str, physical_id: str, old: Properties, new: Properties, *more: Any) -> Any:
        stack_name, logical_id = more[:2]
        if provisioners._replacing_change(resource_type, old, new):
            change = Change(_role(stack_name), stack_name, logical_id, resource_type, None, None, new)
        else:
            change = Change(_role(stack_name), stack_name, logical_id, resource_type, physical_id, old, new)
        check(change)
        return update(resource_type, physical_id, old, new, *more)

    def guarded_delete(
        resource_type: str, physical_id: str, properties: Properties, stack_name: str, logical_id: str
    ) -> None:
        check(Change(_role(stack_name), stack_name, logical_id, resource_type, physical_id, properties, None))
        delete(resource_type, physical_id, properties, stack_name, logical_id)

    stacks._provision_resource = guarded_provision
    stacks._update_resource = guarded_update
    stacks._delete_resource = guarded_delete


def _role(stack_name: str) -> str | None:
    role = (cloudformation._stacks.get(stack_name) or {}).get(_ROLE)
    return str(role) if role else None
