"""The container's image is not in its repository, or does not fit the host."""

from __future__ import annotations

import re

from slipway.explain.causes.matching import first_match, named
from slipway.explain.evidence import Evidence
from slipway.explain.finding import Finding

# Sources: SageMaker API, CreateModel; FailureReason as in github.com/aws/amazon-sagemaker-examples, issue 275;
# Amazon ECR API, RepositoryNotFoundException.
_NOT_FOUND = re.compile(
    r"Requested image (?P<image>\S+) not found"
    r"|make sure all images included in the model for the production variant \S+ exist"
    r"|The repository with name '(?P<repository>[^']+)' does not exist"
)
_UNFIT = re.compile(r"Image size \d+ is greater than supported size|exec format error", re.IGNORECASE)


def image_missing(evidence: Evidence) -> Finding | None:
    """Find an image that SageMaker did not find."""
    match = first_match(evidence.said, _NOT_FOUND)
    if match is None:
        return None
    image = named(match, "image") or named(match, "repository")
    return Finding(
        "image-missing",
        f"SageMaker finds no image {image}"
        if image
        else "SageMaker finds no image of the model, or may not pull it",
        (match.quote,),
        "Push the image, or mend container in the environment's file (docs/containers.md): repository, tag and "
        "region have to be right, and the execution role has to be allowed to pull it",
    )


def image_unfit(evidence: Evidence) -> Finding | None:
    """Find an image that is there and does not run on its host."""
    lines = [quote for quote in evidence.said if _UNFIT.search(quote.text)]
    match = first_match(lines, _UNFIT) or first_match(evidence.lines, _UNFIT)
    if match is None:
        return None
    if "format" in match.groups[0].lower():
        summary = "The image is of another processor architecture than the host"
        mend = "Build it for linux/amd64, or for linux/arm64 where instance_type is one of Graviton"
    else:
        summary = "The image is larger than serverless hosting takes"
        mend = "Make the image smaller (10 GB at most), or host on instances"
    return Finding("image-unfit", summary, (match.quote,), mend)
