"""Images in a repository that stays: those that nothing has any more."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from slipway.cleanup.finding import Clients
from slipway.cleanup.kinds.image_users import images_in_use
from slipway.cleanup.kinds.resource_kind import Pause, ResourceKind, pages
from slipway.cleanup.resource import Resource
from slipway.errors import CommandError
from stacks.names import Names

_TAG_OF_THE_CDK = re.compile(r"[0-9a-f]{64}")
"""The hash of an image asset (AWS CDK API reference, DockerImageAsset.assetHash): what else there is, a base image
or what somebody pushed by hand, the app did not publish."""

_REGISTRY = re.compile(r"(?P<account>[0-9]{12})\.dkr\.ecr")
"""How the host of a private registry of Amazon ECR begins (Amazon ECR User Guide, "Private registry")."""

AN_HOUR = dt.timedelta(hours=1)
"""What was pushed more recently may be of a deployment that goes on, whose Model is not there yet."""


def images_of(defined: Callable[[], Collection[str]], spared: dt.timedelta = AN_HOUR) -> ResourceKind:
    """Return the kind of the published images that no Model, no endpoint, no component and not the app has.

    Parameters
    ----------
    defined
        Returns the URIs of the images that the app defines. It is asked where no Model and no endpoint has an
        image.
    spared
        How long after it was pushed an image is nobody's yet.
    """

    def listed(clients: Clients, names: Names) -> Iterator[Resource]:
        found = pages(clients("ecr"), "describe_images", "imageDetails", repositoryName=names.repository)
        before = dt.datetime.now(dt.UTC) - spared
        unused = [image for image in found if _is_published(image) and image["imagePushedAt"] <= before]
        for uris in (lambda: images_in_use(clients), defined):
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
    """Whether an URI names it, by one of its tags or its digest."""
    repository, digest = image["repositoryName"], image["imageDigest"]
    named = {f"{repository}@{digest}"}
    for tag in image["imageTags"]:
        named |= {f"{repository}:{tag}", f"{repository}:{tag}@{digest}"}
    return any(_may_hold(uri.partition("/")[0], image) and uri.partition("/")[2] in named for uri in uris)


def _may_hold(registry: str, image: Mapping[str, Any]) -> bool:
    """Whether a registry is that of the image; of one that is not of Amazon ECR nobody can tell."""
    found = _REGISTRY.match(registry)
    return found is None or found["account"] == image["registryId"]


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
