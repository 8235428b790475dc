"""The artifact bucket, and what former endpoints left in it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from slipway.cleanup.finding import Clients
from slipway.cleanup.kinds.resource_kind import Pause, ResourceKind, Tags, pages, tag_map
from slipway.cleanup.resource import Resource
from slipway.errors import CommandError
from stacks.names import Names

_AT_ONCE = 1000  # S3 API, DeleteObjects
_COUNTED = 10_000
"""How many objects are counted before the rest is 'more'."""


def _buckets(clients: Clients, names: Names) -> Iterator[Resource]:
    for one in clients("s3").list_buckets()["Buckets"]:
        if one["Name"] == names.bucket:
            says = _amount(clients, names.bucket, "") or "empty"
            yield Resource("bucket", one["Name"], f"arn:aws:s3:::{one['Name']}", says=says)


def _tags(clients: Clients, resource: Resource) -> Tags:
    try:
        return tag_map(clients("s3").get_bucket_tagging(Bucket=resource.name)["TagSet"])
    except ClientError as error:
        if error.response["Error"].get("Code") == "NoSuchTagSet":
            return {}
        raise


def _amount(clients: Clients, bucket: str, prefix: str) -> str:
    """Say how much lies under a prefix, the older versions of objects included; nothing for nothing."""
    versions = list(islice(_versions(clients("s3"), bucket, prefix), _COUNTED))
    more = " or more" if len(versions) == _COUNTED else ""
    size = sum(one.get("Size", 0) for one in versions) / 10**6
    number = f"{len(versions)} object version{'' if len(versions) == 1 else 's'}"
    return f"{number}{more}, {size:.1f} MB{more}" if versions else ""


def _versions(s3: Any, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    """Yield every version of the objects under a prefix, and what marks them as deleted."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Versions", [])
        yield from page.get("DeleteMarkers", [])


def _empty(clients: Clients, bucket: str, prefix: str) -> None:
    s3 = clients("s3")
    versions = _versions(s3, bucket, prefix)
    while chunk := list(islice(versions, _AT_ONCE)):
        objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in chunk]
        errors = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True}).get("Errors", [])
        if errors:
            raise CommandError(
                f"s3://{bucket}/{errors[0]['Key']}: {errors[0].get('Message', errors[0].get('Code'))}"
            )
    for upload in pages(s3, "list_multipart_uploads", "Uploads", Bucket=bucket, Prefix=prefix):
        s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])


def _emptying(bucket: str, prefix: str) -> str:
    """Write the command that empties a bucket: `s3 rm` would leave what it deletes as older versions."""
    place = f"--bucket {bucket}{f' --prefix {prefix}' if prefix else ''} --max-items {_AT_ONCE}"
    query = shlex.quote("{Objects: [Versions, DeleteMarkers][].{Key: Key, VersionId: VersionId}}")
    listed = f"aws s3api list-object-versions {place} --query {query} --output json"
    return f's3api delete-objects --bucket {bucket} --delete "$({listed})"'


def _remove_bucket(clients: Clients, resource: Resource, _: Pause) -> None:
    _empty(clients, resource.name, "")
    clients("s3").delete_bucket(Bucket=resource.name)


def objects_of(prefixes: Sequence[str]) -> ResourceKind:
    """Return the kind of what lies under prefixes of the artifact bucket, each being one of it."""

    def listed(clients: Clients, names: Names) -> Iterator[Resource]:
        for prefix in prefixes:
            if says := _amount(clients, names.bucket, prefix):
                yield Resource("objects", f"s3://{names.bucket}/{prefix}", says=says)

    return ResourceKind(
        kind="objects",
        plural="objects of former endpoints",
        listed=listed,
        commands=lambda _, resource: (_emptying(*_place(resource)),),
        remove=lambda clients, resource, _: _empty(clients, *_place(resource)),
    )


def _place(resource: Resource) -> tuple[str, str]:
    bucket, _, prefix = resource.name.removeprefix("s3://").partition("/")
    return bucket, prefix


BUCKETS = ResourceKind(
    kind="bucket",
    plural="buckets",
    listed=_buckets,
    commands=lambda _, resource: (
        _emptying(resource.name, ""),
        f"s3api delete-bucket --bucket {resource.name}",
    ),
    remove=_remove_bucket,
    tags=_tags,
)
