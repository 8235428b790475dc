"""How resources of one kind are listed, told apart and removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from slipway.cleanup.finding import Clients
from slipway.cleanup.resource import Kind, Resource
from stacks.names import Names

Tags = Mapping[str, str]
Pause = Callable[[float], None]

_GONE = {
    "NoSuchBucket",
    "NoSuchEntity",
    "NotFoundException",
    "ObjectNotFoundException",
    "ParameterNotFound",
    "RepositoryNotFoundException",
    "ResourceNotFound",
    "ResourceNotFoundException",
    "DashboardNotFoundError",
    "NotFound",
}


@dataclass(frozen=True)
class ResourceKind:
    """How resources of one kind are found and removed.

    Parameters
    ----------
    kind
        What they are.
    plural
        The same for many, as a message has it.
    listed
        Lists those of the account and region that may be an environment's, without their tags.
    commands
        The commands that remove one, without `aws` before them and the region behind.
    remove
        Removes one, and waits until it is gone.
    tags
        Reads the tags of one; None where AWS has no tags for the kind.
    """

    kind: Kind
    plural: str
    listed: Callable[[Clients, Names], Iterator[Resource]]
    commands: Callable[[Clients, Resource], tuple[str, ...]]
    remove: Callable[[Clients, Resource, Pause], None]
    tags: Callable[[Clients, Resource], Tags] | None = None


def pages(client: Any, operation: str, member: str, **request: Any) -> Iterator[Any]:
    """Yield what a List or Describe operation has in all of its pages."""
    for page in client.get_paginator(operation).paginate(**request):
        yield from page.get(member, [])


def named_resources(
    kind: Kind, listed: Iterable[Mapping[str, Any]], name: str, arn: str, names: Names | None = None
) -> Iterator[Resource]:
    """Yield a resource for each of what an operation lists.

    Parameters
    ----------
    kind
        What they are.
    listed
        As the operation lists them.
    name, arn
        The members that hold their names and their ARNs.
    names
        Of the environment, whose names they have to begin like; left out where the operation chose by the name.
    """
    for one in listed:
        if names is None or may_be_of(names, one[name]):
            yield Resource(kind, one[name], one.get(arn, ""))


def tag_map(tags: list[Mapping[str, str]], key: str = "Key", value: str = "Value") -> Tags:
    """Return tags as most services list them by their keys."""
    return {tag[key]: tag[value] for tag in tags}


def may_be_of(names: Names, name: str) -> bool:
    """Whether a name is worth a look: all that the environment gives, or CloudFormation for it, begin alike."""
    return name.lower().startswith(f"{names.prefix}")


def is_gone(error: ClientError) -> bool:
    """Whether an error says that there is no such resource (SageMaker has no code of its own for that)."""
    told = error.response["Error"]
    message = str(told.get("Message", "")).lower()
    is_unknown = told.get("Code") in {"ValidationException", "ValidationError"} and (
        "could not find" in message or "not found" in message or "does not exist" in message
    )
    return told.get("Code") in _GONE or is_unknown
