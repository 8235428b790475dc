"""Whether the image of a model is there, and fits."""

from __future__ import annotations

import json
import re

from botocore.exceptions import ClientError

from local_aws import ministack_seam as seam
from local_aws.api_error import validation_error
from local_aws.sagemaker.container import ContainerError
from local_aws.self_client import SelfClients

_SERVERLESS_LARGEST = 10 * 1024**3  # bytes
_ECR_IMAGE = re.compile(
    r"^(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[^.]+)\.[^/]+/(?P<repository>[^:@]+)[:@](?P<reference>.+)$"
)


class ContainerImages:
    """Looks images up in the local ECR.

    Parameters
    ----------
    clients
        Clients of the local AWS.
    """

    def __init__(self, clients: SelfClients) -> None:
        self._clients = clients

    def check_exists(self, image: str) -> None:
        """Refuse an image of the caller's own account that is not in its repository, as CreateModel does.

        Images of other accounts, AWS's containers among them, are in no registry that this machine knows.

        Raises
        ------
        ApiError
            In the wording of SageMaker.
        """
        found = self._own(image)
        if found is None:
            return
        repository, reference = found
        try:
            self._clients.client("ecr").describe_images(repositoryName=repository, imageIds=[reference])
        except ClientError as error:
            raise validation_error(f"Requested image {image} not found.") from error

    def require_serverless_size(self, image: str) -> None:
        """Find an image of the caller's own account small enough for a serverless endpoint.

        Raises
        ------
        ContainerError
            It is larger than 10 GB (Developer Guide, "Deploy models with Amazon SageMaker Serverless Inference",
            *Container support*), in the words of an endpoint's FailureReason.
        """
        found = self._own(image)
        if found is None:
            return
        repository, reference = found
        answer = self._clients.client("ecr").batch_get_image(repositoryName=repository, imageIds=[reference])
        for one in answer["images"]:
            size = sum(int(layer.get("size", 0)) for layer in json.loads(one["imageManifest"]).get("layers", []))
            if size > _SERVERLESS_LARGEST:
                raise ContainerError(f"Image size {size} is greater than supported size {_SERVERLESS_LARGEST}")

    @staticmethod
    def _own(image: str) -> tuple[str, dict[str, str]] | None:
        """Return repository and id of an image of the caller's own account and region."""
        match = _ECR_IMAGE.match(image)
        if match is None or (match["account"], match["region"]) != (seam.account(), seam.region()):
            return None
        kind = "imageDigest" if match["reference"].startswith("sha256:") else "imageTag"
        return match["repository"], {kind: match["reference"]}
