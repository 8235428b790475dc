"""CloudFormation stacks, and the operations on them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, cast

from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, handlers, stacks

from local_aws.ministack_seam.scopes import every_item

Operation = Callable[..., Coroutine[Any, Any, None]]


def wrap_stack_operations(
    deploy: Callable[[Operation], Operation], delete: Callable[[Operation], Operation]
) -> None:
    """Replace the coroutines that create or update a stack, and that delete one, by ones made from them.

    Both are called with the stack's name and id first; ``deploy`` with the template, the parameters and the tags
    as well, and, for an update, with ``is_update`` and ``previous_stack``.
    """
    deploying, deleting = deploy(stacks._deploy_stack_async), delete(stacks._delete_stack_async)
    for module in (stacks, handlers, changesets):
        module._deploy_stack_async = deploying
    for module in (stacks, handlers):
        module._delete_stack_async = deleting


def stack(name: str) -> dict[str, Any] | None:
    """Return the record of a stack in the request's account and region."""
    return cast(dict[str, Any] | None, cloudformation._stacks.get(name))


def every_stack() -> list[tuple[str, str, dict[str, Any]]]:
    """Return account, region and record of every stack."""
    return [
        (account_id, region_name, value)
        for account_id, region_name, _, value in every_item(cloudformation._stacks)
    ]


async def delete_stack(name: str, stack_id: str) -> None:
    """Delete a stack with its resources."""
    await stacks._delete_stack_async(name, stack_id)


async def roll_back_stack(name: str, stack_id: str, operation: Mapping[str, Any]) -> None:
    """Undo what an operation on a stack did so far.

    Parameters
    ----------
    operation
        ``previous`` is the stack's record from before an update, None for a creation; ``template``, ``parameters``
        and ``tags`` are what the operation was called with.
    """
    record = cloudformation._stacks[name]
    previous = operation["previous"]
    before = (previous or {}).get("_resources", {})
    now = record.get("_resources", {})
    touched = [logical_id for logical_id, resource in now.items() if resource != before.get(logical_id)]
    replaced = [i for i in touched if i in before and not _same_physical_id(before[i], now[i])]
    failed = stacks._failed_operation(
        previous is not None,
        previous,
        touched,
        None,
        None,
        replaced,
        True,
        operation["template"],
        operation["parameters"],
        False,
        operation["tags"],
        (previous or {}).get("Tags") or [],
    )
    await stacks._roll_back_operation(name, stack_id, record, failed, "The local AWS ended during the operation.")


def _same_physical_id(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(one.get("PhysicalResourceId") == other.get("PhysicalResourceId"))
