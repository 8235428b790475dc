"""Kinds whose resources go by a single call of an operation."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore import xform_name

from slipway.cleanup.finding import Clients
from slipway.cleanup.kinds.resource_kind import Pause, ResourceKind, Tags
from slipway.cleanup.resource import Kind, Resource
from stacks.names import Names


@dataclass(frozen=True)
class Deletion:
    """The operation that removes a resource: one for boto3 and for the AWS CLI, which derives its words from it.

    Parameters
    ----------
    service
        As both call it.
    operation
        As boto3 calls it.
    request
        Returns the members of the request, as the API has them.
    """

    service: str
    operation: str
    request: Callable[[Resource], Mapping[str, Any]]

    def command(self, resource: Resource) -> str:
        """Return the command, without `aws` before it."""
        options = (_option(member, value) for member, value in self.request(resource).items())
        return " ".join([self.service, self.operation.replace("_", "-"), *options])

    def remove(self, clients: Clients, resource: Resource) -> None:
        """Call the operation."""
        getattr(clients(self.service), self.operation)(**self.request(resource))


def _option(member: str, value: Any) -> str:
    name = f"--{xform_name(member, '-')}"
    if value is True:
        return name
    values = value if isinstance(value, list) else [value]
    return " ".join([name, *(shlex.quote(str(one)) for one in values)])


def deleted_at_once(
    kind: Kind,
    plural: str,
    listed: Callable[[Clients, Names], Iterator[Resource]],
    deletion: Deletion,
    tags: Callable[[Clients, Resource], Tags] | None = None,
) -> ResourceKind:
    """Make a kind whose resources are gone once one operation has been called.

    Parameters
    ----------
    kind, plural, listed, tags
        As of every kind.
    deletion
        The operation.
    """

    def remove(clients: Clients, resource: Resource, _: Pause) -> None:
        deletion.remove(clients, resource)

    return ResourceKind(kind, plural, listed, lambda _, resource: (deletion.command(resource),), remove, tags)
