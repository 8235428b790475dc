"""How an endpoint is hosted: one folder per way, each with its settings and with what it makes of them in a stack.

Settings are read without the CDK: neither this module nor the `settings` of a way import it.
"""

from typing import Annotated, get_args

from pydantic import Field

from stacks.hosting.asynchronous.settings import AsyncHosting, AsyncThresholds
from stacks.hosting.instances.settings import InstanceHosting
from stacks.hosting.real_time.settings import RealTimeHosting
from stacks.hosting.serverless.settings import ServerlessHosting, ServerlessThresholds
from stacks.hosting.way import Feature, HostingWay

__all__ = [
    "AsyncHosting",
    "Hosting",
    "HostingWay",
    "InstanceHosting",
    "OwnThresholds",
    "RealTimeHosting",
    "ServerlessHosting",
    "excludes",
    "hosting_types",
    "hosting_ways",
    "way_of",
]

Hosting = Annotated[ServerlessHosting | RealTimeHosting | AsyncHosting, Field(discriminator="type")]
"""The settings of one of the ways, told apart by `type`."""


class OwnThresholds(AsyncThresholds, ServerlessThresholds):
    """The thresholds of `observability.alarms` that one way alone has; pydantic reads the last named first."""


def hosting_ways() -> dict[str, type[HostingWay]]:
    """Return the settings classes by their `hosting.type`."""
    union = get_args(Hosting)[0]
    return {get_args(way.model_fields["type"].annotation)[0]: way for way in get_args(union)}


def hosting_types() -> tuple[str, ...]:
    """List the values of `hosting.type`."""
    return tuple(hosting_ways())


def way_of(hosting_type: str) -> type[HostingWay] | None:
    """Return the settings class of a `hosting.type`; None where there is none, which is reported elsewhere."""
    return hosting_ways().get(hosting_type)


def excludes(hosting_type: str, feature: Feature) -> bool:
    """Whether SageMaker does not have a feature for a `hosting.type`."""
    way = way_of(hosting_type)
    return way is not None and feature in way.excluded
