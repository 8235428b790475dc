"""What a change of a property does to a resource, as the CDK CLI's own diff knows it.

Source: the service specification that the CDK CLI brings along (`db.json.gz` of the npm package aws-cdk), made of
CloudFormation's resource specification and registry schemas.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from assets import checkout
from slipway.errors import CommandError

Replaces = Literal["no", "maybe", "yes"]
"""Whether a change of a property makes CloudFormation replace the resource."""

_DATABASE = Path("node_modules", "aws-cdk", "db.json.gz")

_HOLD_DATA = frozenset({"AWS::ECR::Repository", "AWS::EFS::FileSystem", "AWS::SageMaker::FeatureGroup"})
"""What holds data of people's own beside what the specification calls stateful."""


@dataclass(frozen=True)
class ResourceType:
    """What the specification says of a type.

    Parameters
    ----------
    replaces
        By property, where a change replaces the resource, or may.
    stateful
        Whether it holds data that go with it.
    """

    replaces: Mapping[str, Replaces] = field(default_factory=dict)
    stateful: bool = False


TypeOf = Callable[[str], ResourceType]
"""Finds what is known of a type, as `AWS::S3::Bucket`."""


def resource_type(name: str) -> ResourceType:
    """Return what is known of a type; of one that is not known, as a custom resource, that nothing replaces it.

    Raises
    ------
    CommandError
        The CDK CLI is not installed.
    """
    return _types(checkout.ROOT / _DATABASE).get(name, ResourceType(stateful=name in _HOLD_DATA))


@cache  # it takes a second
def _types(database: Path) -> dict[str, ResourceType]:
    try:
        with gzip.open(database) as file:
            entities = json.load(file)["schema"]["resource"]["entities"]
    except FileNotFoundError:
        raise CommandError(f"{database} is not there. Set the checkout up with: make setup") from None
    return {entity["cloudFormationType"]: _of(entity) for entity in entities}


def _of(entity: Mapping[str, Any]) -> ResourceType:
    properties = entity.get("properties", {}).items()
    return ResourceType(
        replaces={name: one["causesReplacement"] for name, one in properties if one.get("causesReplacement")},
        stateful=bool(entity.get("isStateful")) or entity["cloudFormationType"] in _HOLD_DATA,
    )
