"""The image of an endpoint's container: AWS's, or ours built from serving/."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

from assets.checkout import ROOT
from stacks.containers import (
    PYTORCH_REPOSITORY,
    RAY_SERVE_REPOSITORY,
    dlc_accounts,
    pytorch_image,
    ray_serve_image,
    registry,
)
from stacks.names import Names
from stacks.settings import EndpointSettings, RealTimeHosting

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


def container_image(scope: Construct, *, names: Names, endpoint: EndpointSettings) -> ContainerImage:
    """Choose the image of an endpoint; the slim one becomes an image asset of the stack."""
    if endpoint.container == "ray-serve" and isinstance(endpoint.hosting, RealTimeHosting):
        account = dlc_accounts()[names.region]
        uri = ray_serve_image(names.region, endpoint.hosting.instance_type)
        return ContainerImage(uri, _repository_arn(scope, names.region, account, RAY_SERVE_REPOSITORY))
    if endpoint.container == "pytorch-inference":
        uri = pytorch_image(names.region, endpoint.hosting.instance_for_container)
        account = dlc_accounts()[names.region]
        return ContainerImage(uri, _repository_arn(scope, names.region, account, PYTORCH_REPOSITORY))
    asset = ecr_assets.DockerImageAsset(
        scope,
        "SlimImage",
        directory=str(SERVING),
        exclude=_NOT_IN_THE_IMAGE,
        platform=ecr_assets.Platform.LINUX_AMD64,
        outputs=[_DOCKER_MEDIA_TYPES],
        display_name="slim container",
    )
    uri = f"{registry(names.account, names.region)}/{names.repository}:{asset.image_tag}"
    return ContainerImage(uri, _repository_arn(scope, names.region, names.account, names.repository))


def _repository_arn(scope: Construct, region: str, account: str, repository: str) -> str:
    return f"arn:{cdk.Stack.of(scope).partition}:ecr:{region}:{account}:repository/{repository}"
