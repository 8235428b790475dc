"""Whether the image of a model is there."""

from __future__ import annotations

import re

from botocore.exceptions import ClientError

from local_aws import ministack_seam as seam
from local_aws.api_error import validation_error
from local_aws.self_client import SelfClients

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
        match = _ECR_IMAGE.match(image)
        if match is None or (match["account"], match["region"]) != (seam.account(), seam.region()):
            return
        kind = "imageDigest" if match["reference"].startswith("sha256:") else "imageTag"
        try:
            self._clients.client("ecr").describe_images(
                repositoryName=match["repository"], imageIds=[{kind: match["reference"]}]
            )
        except ClientError as error:
            raise validation_error(f"Requested image {image} not found.") from error
