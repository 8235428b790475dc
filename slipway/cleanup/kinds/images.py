"""Images in a repository that stays: those that nothing has any more."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from slipway.cleanup.finding import Clients
from slipway.cleanup.kinds.image_users import images_of_models_and_endpoints
from slipway.cleanup.kinds.resource_kind import Pause, ResourceKind, pages
from slipway.cleanup.resource import Resource
from slipway.errors import CommandError
from stacks.names import Names

_TAG_OF_THE_CDK = re.compile(r"[0-9a-f]{64}")
"""The hash of an image asset (AWS CDK API reference, DockerImageAsset.assetHash): what else there is, a base image
or what somebody pushed by hand, the app did not publish."""


def images_of(defined: Callable[[], Collection[str]]) -> ResourceKind:
    """Return the kind of the published images that no Model, no endpoint and not the app has.

    Parameters
    ----------
    defined
        Returns the URIs of the images that the app defines. It is asked where no Model and no endpoint has an
        image.
    """

    def listed(clients: Clients, names: Names) -> Iterator[Resource]:
        found = pages(clients("ecr"), "describe_images", "imageDetails", repositoryName=names.repository)
        unused = [image for image in found if _is_published(image)]
        for uris in (lambda: images_of_models_and_endpoints(clients), defined):
            if unused:
                used = uris()
                unused = [image for image in unused if not _is_in(image, used)]
        for image in unused:
            for tag in image["imageTags"]:
                yield Resource("image", f"{names.repository}:{tag}", says=_says(image))

    return ResourceKind(
        kind="image",
        plural="images that nothing has any more",
        listed=listed,
        commands=lambda _, resource: (_deletion(resource),),
        remove=_remove,
    )


def _is_published(image: Mapping[str, Any]) -> bool:
    """Whether the CDK CLI pushed it; one without a tag leaves by the repository's own lifecycle rule."""
    tags = image.get("imageTags", [])
    return bool(tags) and all(_TAG_OF_THE_CDK.fullmatch(tag) for tag in tags)


def _is_in(image: Mapping[str, Any], uris: Iterable[str]) -> bool:
    """Whether an URI names it, by a tag or its digest: both are so long that no other image has them."""
    references = (image["imageDigest"], *image["imageTags"])
    return any(reference in uri for uri in uris for reference in references)


def _says(image: Mapping[str, Any]) -> str:
    size = f"{image.get('imageSizeInBytes', 0) / 10**6:.1f} MB"
    pushed = image.get("imagePushedAt")
    return f"{size}, pushed {pushed:%Y-%m-%d}" if pushed else size


def _place(resource: Resource) -> tuple[str, str]:
    repository, _, tag = resource.name.partition(":")
    return repository, tag


def _deletion(resource: Resource) -> str:
    repository, tag = _place(resource)
    return f"ecr batch-delete-image --repository-name {repository} --image-ids imageTag={tag}"


def _remove(clients: Clients, resource: Resource, _: Pause) -> None:
    """Take a tag away; an image goes with its last one (Amazon ECR API, BatchDeleteImage)."""
    repository, tag = _place(resource)
    told = clients("ecr").batch_delete_image(repositoryName=repository, imageIds=[{"imageTag": tag}])
    for failure in told.get("failures", []):
        if failure.get("failureCode") != "ImageNotFound":
            raise CommandError(f"{resource.name}: {failure.get('failureReason', failure.get('failureCode'))}")
