"""How an endpoint is hosted: one settings class per way, told apart by `type`."""

from typing import Annotated, get_args

from pydantic import Field

from stacks.settings.hosting.asynchronous import AsyncHosting
from stacks.settings.hosting.autoscaling import BacklogAutoscaling, ConcurrencyAutoscaling, InstanceAutoscaling
from stacks.settings.hosting.instances import InstanceHosting
from stacks.settings.hosting.real_time import RealTimeHosting
from stacks.settings.hosting.serverless import ServerlessHosting

__all__ = [
    "AsyncHosting",
    "BacklogAutoscaling",
    "ConcurrencyAutoscaling",
    "Hosting",
    "InstanceAutoscaling",
    "InstanceHosting",
    "RealTimeHosting",
    "ServerlessHosting",
    "hosting_types",
]

Hosting = Annotated[ServerlessHosting | RealTimeHosting | AsyncHosting, Field(discriminator="type")]


def hosting_types() -> tuple[str, ...]:
    """List the values of `hosting.type`."""
    union = get_args(Hosting)[0]
    return tuple(get_args(way.model_fields["type"].annotation)[0] for way in get_args(union))
