"""The templates of an environment's stacks in the bucket that `cdk bootstrap` made."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from slipway.cleanup.finding import Clients
from slipway.cleanup.kinds.resource_kind import Pause, ResourceKind, pages
from slipway.cleanup.resource import Resource
from stacks.names import Names

_BEGINNING = "bytes=0-511"
"""Where the CDK writes a template's description."""

_DESCRIPTION = re.compile(rb'\s*\{\s*"Description"\s*:\s*(?P<text>"(?:[^"\\]|\\.)*")')
_TEMPLATE = re.compile(r"[0-9a-f]{64}\.json")
_WORKERS = 8


def _templates(clients: Clients, names: Names) -> Iterator[Resource]:
    s3 = clients("s3")
    own = re.compile(rf"cdk-[a-z0-9]+-assets-{names.account}-{names.region}")
    for bucket in (one["Name"] for one in s3.list_buckets()["Buckets"] if own.fullmatch(one["Name"])):
        keys = [
            one["Key"]
            for one in pages(s3, "list_objects_v2", "Contents", Bucket=bucket)
            if one["Size"] and _TEMPLATE.fullmatch(one["Key"])
        ]
        with ThreadPoolExecutor(_WORKERS) as workers:
            for key, says in zip(keys, workers.map(partial(_description, s3, bucket), keys), strict=True):
                yield Resource("template", f"s3://{bucket}/{key}", says=says)


def _description(s3: Any, bucket: str, key: str) -> str:
    beginning = s3.get_object(Bucket=bucket, Key=key, Range=_BEGINNING)["Body"].read()
    found = _DESCRIPTION.match(beginning)
    return str(json.loads(found["text"])) if found else ""


def _remove(clients: Clients, resource: Resource, _: Pause) -> None:
    bucket, key = resource.name.removeprefix("s3://").split("/", 1)
    clients("s3").delete_object(Bucket=bucket, Key=key)


TEMPLATES = ResourceKind(
    kind="template",
    plural="templates in the bootstrap bucket",
    listed=_templates,
    commands=lambda _, resource: (f"s3 rm {resource.name}",),
    remove=_remove,
)
