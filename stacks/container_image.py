"""The image of an endpoint's container: AWS's, ours built from serving/, or the user's own."""

import hashlib
from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

from assets.checkout import ROOT
from stacks.containers import aws_image, build_for, dlc_accounts, own_container, registry
from stacks.containers import container as catalogue_entry
from stacks.names import Names
from stacks.place import place_of
from stacks.settings import DockerfileContainer, ImageContainer, Variant

SERVING = ROOT / "serving"
"""The build context of the slim container."""

# SageMaker's CreateModel has refused OCI manifests, and the index that attestations make of an image. The docker
# exporter writes Docker media types, but buildx may turn it into another one, so they are asked for as well.
# The CDK CLI itself switches attestations off (BUILDX_NO_DEFAULT_ATTESTATIONS=1).
_DOCKER_MEDIA_TYPES = "type=docker,oci-mediatypes=false"

# The bridge to Ray Serve travels in the tarball.
_NOT_IN_THE_IMAGE = ["ray", "**/__pycache__", "**/*.pyc", ".mypy_cache", ".pytest_cache", ".ruff_cache"]


@dataclass(frozen=True)
class ContainerImage:
    """An image that SageMaker can pull.

    Parameters
    ----------
    uri
        With its tag.
    repository_arn
        The ECR repository, for the role that pulls.
    """

    uri: str
    repository_arn: str


def container_image(scope: Construct, *, names: Names, variant: Variant) -> ContainerImage:
    """Choose the image of a variant.

    One that is built becomes an image asset of `scope`, which all of its variants share that have the same. Its
    tag is the digest of the build context without what .dockerignore names, and of how it is built: what did not
    change is neither built nor deployed again.
    """
    container, instance_type = variant.container, variant.hosting.instance_for_container
    if isinstance(container, ImageContainer):
        image = container.parsed
        return ContainerImage(
            container.image, _repository_arn(scope, image.region, image.account, image.repository)
        )
    if isinstance(container, DockerfileContainer):
        return _built(scope, names, _own_dockerfile(scope, container))
    repository = catalogue_entry(container.name).repository
    if repository is None:
        return _built(scope, names, _slim(scope, instance_type))
    uri = aws_image(container.name, region=names.region, instance_type=instance_type, tag=container.tag)
    account = dlc_accounts()[names.region]
    return ContainerImage(uri, _repository_arn(scope, names.region, account, repository))


def _slim(scope: Construct, instance_type: str | None) -> ecr_assets.DockerImageAsset:
    name = own_container().name
    build = build_for(name, instance_type=instance_type)
    on_gpu = build.hardware == "gpu"
    return _asset(
        scope,
        "SlimCudaImage" if on_gpu else "SlimImage",
        directory=str(SERVING),
        exclude=_NOT_IN_THE_IMAGE,
        # The Dockerfile itself names the index of the CPU build.
        build_args={"TORCH_INDEX_URL": build.torch_index or ""} if on_gpu else None,
        display_name=f"{name} container" + (", CUDA build" if on_gpu else ""),
    )


def _own_dockerfile(scope: Construct, container: DockerfileContainer) -> ecr_assets.DockerImageAsset:
    file = container.path.relative_to(container.folder).as_posix()
    place = hashlib.sha256(f"{container.dockerfile}\0{container.context}".encode()).hexdigest()
    return _asset(
        scope,
        f"Image{place[:8]}",
        directory=str(container.folder),
        file=file,
        display_name=f"container of {container.dockerfile}",
    )


def _asset(scope: Construct, construct_id: str, **how: Any) -> ecr_assets.DockerImageAsset:
    made = scope.node.try_find_child(construct_id)
    if isinstance(made, ecr_assets.DockerImageAsset):
        return made
    return ecr_assets.DockerImageAsset(
        scope, construct_id, platform=ecr_assets.Platform.LINUX_AMD64, outputs=[_DOCKER_MEDIA_TYPES], **how
    )


def _built(scope: Construct, names: Names, asset: ecr_assets.DockerImageAsset) -> ContainerImage:
    uri = f"{registry(names.account, names.region)}/{names.repository}:{asset.image_tag}"
    return ContainerImage(uri, _repository_arn(scope, names.region, names.account, names.repository))


def _repository_arn(scope: Construct, region: str, account: str, repository: str) -> str:
    return f"arn:{place_of(scope).partition}:ecr:{region}:{account}:repository/{repository}"
