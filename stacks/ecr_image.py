"""The URI of an image in Amazon ECR, taken apart."""

import re
from dataclasses import dataclass

_URI = re.compile(
    r"(?P<account>[0-9]{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
    r"/(?P<repository>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})|@(?P<digest>sha256:[0-9a-f]{64}))"
)


@dataclass(frozen=True)
class EcrImage:
    """An image in a private repository of Amazon ECR.

    Parameters
    ----------
    account
        12 digits.
    region
        Of the registry.
    repository
        Its name, which may hold slashes.
    reference
        Tag, or digest.
    """

    account: str
    region: str
    repository: str
    reference: str


def parse_ecr_image(uri: str) -> EcrImage:
    """Take the URI of an image apart (Amazon ECR User Guide, "Pulling an image").

    SageMaker pulls from private repositories of Amazon ECR; from another registry only one that the model's VPC
    reaches (SageMaker API, ImageConfig), which Slipway does not set up.

    Raises
    ------
    ValueError
        It is not in a private repository of Amazon ECR, or has no tag.
    """
    found = _URI.fullmatch(uri)
    if found:
        return EcrImage(found["account"], found["region"], found["repository"], found["tag"] or found["digest"])
    example = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/server:1.0"
    if _URI.fullmatch(f"{uri}:tag"):
        raise ValueError(f"{uri!r} has no tag; write one, or a digest, as in {example}")
    raise ValueError(
        f"{uri!r} is not in a private repository of Amazon ECR, and SageMaker pulls from no other registry; push "
        f"the image there and write its URI, as in {example}, or build on it with `dockerfile`"
    )
