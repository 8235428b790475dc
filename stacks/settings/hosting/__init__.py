"""How an endpoint is hosted: one settings class per way, told apart by `type`."""

from typing import Annotated, get_args

from pydantic import Field

from stacks.settings.hosting.asynchronous import AsyncHosting
from stacks.settings.hosting.autoscaling import (
    Autoscaling,
    BacklogAutoscaling,
    ConcurrencyAutoscaling,
    InstanceAutoscaling,
)
from stacks.settings.hosting.instances import InstanceHosting
from stacks.settings.hosting.real_time import RealTimeHosting
from stacks.settings.hosting.serverless import ServerlessHosting
from stacks.settings.hosting.way import Feature, HostingWay

__all__ = [
    "AsyncHosting",
    "BacklogAutoscaling",
    "ConcurrencyAutoscaling",
    "Hosting",
    "HostingWay",
    "InstanceAutoscaling",
    "InstanceHosting",
    "RealTimeHosting",
    "ServerlessHosting",
    "default_min_capacity",
    "excludes",
    "hosting_types",
    "hosting_ways",
    "way_of",
]

Hosting = Annotated[ServerlessHosting | RealTimeHosting | AsyncHosting, Field(discriminator="type")]


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


def default_min_capacity(hosting_type: str) -> int:
    """Return `autoscaling.min_capacity` where the settings leave it out."""
    way = way_of(hosting_type)
    kinds = get_args(way.model_fields["autoscaling"].annotation) if way else ()
    scaling = next((kind for kind in kinds if issubclass(kind, Autoscaling)), Autoscaling)
    return int(scaling.model_fields["min_capacity"].default)
