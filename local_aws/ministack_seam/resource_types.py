"""CloudFormation resource types beside, or around, ministack's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services.cloudformation import provisioners, stacks

Attributes = dict[str, Any]
Properties = dict[str, Any]


@dataclass(frozen=True)
class ResourceType:
    """A CloudFormation resource type.

    Parameters
    ----------
    name
        The type's name, such as ``AWS::SageMaker::Model``.
    create
        Takes logical id, properties and stack name; returns the physical id and the attributes for ``GetAtt``.
    update
        Takes physical id, old properties, new properties; returns as ``create``.
    delete
        Takes the physical id and the properties.
    replacing
        The properties whose change makes a new resource ("Update requires: Replacement").
    """

    name: str
    create: Callable[[str, Properties, str], tuple[str, Attributes]]
    update: Callable[[str, Properties, Properties], tuple[str, Attributes]]
    delete: Callable[[str, Properties], None]
    replacing: tuple[str, ...]


def register_resource_type(resource: ResourceType) -> None:
    """Add a CloudFormation resource type. Its handlers run on a thread of their own and may block."""
    provisioners._RESOURCE_HANDLERS[resource.name] = {
        "create": resource.create,
        "update": lambda physical_id, old, new, _stack: resource.update(physical_id, old, new),
        "delete": resource.delete,
    }
    provisioners._REPLACING_PROPERTIES[resource.name] = resource.replacing
    provisioners._STACK_TAG_PROPERTY[resource.name] = ("Tags", "list")
    run_on_worker_thread(resource.name)


_BLOCKING_TYPES: set[str] = set()


_ministack_runs_on_worker_thread = stacks._runs_on_worker_thread


def run_on_worker_thread(resource_type: str) -> None:
    """Let a resource type's handlers run beside the event loop, so that they may call this server."""
    _BLOCKING_TYPES.add(resource_type)
    stacks._runs_on_worker_thread = _runs_on_worker_thread


def _runs_on_worker_thread(resource_type: str) -> bool:
    return resource_type in _BLOCKING_TYPES or bool(_ministack_runs_on_worker_thread(resource_type))


def wrap_resource_type(
    name: str, wrap: Callable[[Mapping[str, Callable[..., Any]]], dict[str, Callable[..., Any]]]
) -> None:
    """Replace handlers of one of ministack's resource types by ones made from them."""
    provisioners._RESOURCE_HANDLERS[name].update(wrap(dict(provisioners._RESOURCE_HANDLERS[name])))
    run_on_worker_thread(name)


def generated_name(stack_name: str, logical_id: str, max_length: int) -> str:
    """Return a name as CloudFormation makes them up: stack, logical id and a suffix, new for a replacement."""
    return str(provisioners._physical_name(stack_name, logical_id, max_len=max_length))
