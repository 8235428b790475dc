"""ECR's repositories, with the images in them."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.cleanup.finding import Clients
from slipway.cleanup.kinds.one_operation import Deletion, deleted_at_once
from slipway.cleanup.kinds.resource_kind import Tags, pages, tag_map
from slipway.cleanup.resource import Resource
from stacks.names import Names


def _repositories(clients: Clients, names: Names) -> Iterator[Resource]:
    for one in pages(clients("ecr"), "describe_repositories", "repositories"):
        if one["repositoryName"] == names.repository:
            images = pages(clients("ecr"), "describe_images", "imageDetails", repositoryName=names.repository)
            sizes = [image.get("imageSizeInBytes", 0) for image in images]
            says = f"{len(sizes)} image{'' if len(sizes) == 1 else 's'}, {sum(sizes) / 10**6:.1f} MB"
            yield Resource("repository", one["repositoryName"], one["repositoryArn"], says=says)


def _tags(clients: Clients, resource: Resource) -> Tags:
    return tag_map(clients("ecr").list_tags_for_resource(resourceArn=resource.arn)["tags"])


REPOSITORIES = deleted_at_once(
    "repository",
    "repositories",
    _repositories,
    Deletion("ecr", "delete_repository", lambda one: {"repositoryName": one.name, "force": True}),
    _tags,
)
