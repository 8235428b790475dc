"""ECR's repositories, with the images in them."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.cleanup.finding import Clients
from slipway.cleanup.kinds.resource_kind import ResourceKind, Tags, pages, tag_map
from slipway.cleanup.ownership import Resource
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


REPOSITORIES = ResourceKind(
    kind="repository",
    plural="repositories",
    listed=_repositories,
    commands=lambda _, resource: (f"ecr delete-repository --repository-name {resource.name} --force",),
    remove=lambda clients, resource, _: clients("ecr").delete_repository(repositoryName=resource.name, force=True),
    tags=_tags,
)
