"""A resource as AWS lists it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "alarm",
    "bucket",
    "dashboard",
    "endpoint",
    "endpoint config",
    "function",
    "image",
    "key",
    "log group",
    "managed policy",
    "model",
    "objects",
    "parameter",
    "repository",
    "role",
    "scaling policy",
    "scaling target",
    "stack",
    "template",
    "topic",
    "training job",
    "training logs",
]


@dataclass(frozen=True)
class Resource:
    """A resource as AWS lists it.

    Parameters
    ----------
    kind
        What it is.
    name
        What its own service calls it.
    arn
        Its ARN, or what CloudFormation calls it where that is no ARN.
    tags
        Its tags.
    says
        What else tells whose it is: a description, or the resource that a scaling target is for.
    is_closed
        Whether its own policy refuses to tell more than its name.
    """

    kind: Kind
    name: str
    arn: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    says: str = ""
    is_closed: bool = False
