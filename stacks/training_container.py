"""AWS's PyTorch training container, and the instance types that it trains on."""

import json
from functools import cache
from pathlib import Path

from stacks.containers import dlc_accounts, hardware_of, registry

REPOSITORY = "pytorch"
"""In each of AWS's registries; the containers that serve have repositories of their own."""

_TAGS = {"cpu": "2.13-cpu-amzn2023-sagemaker", "gpu": "2.13-cu133-amzn2023-sagemaker"}
"""Python 3.12, torch 2.13; patched until 2027-07-20 (aws/deep-learning-containers, docs/src/data/pytorch)."""


@cache
def training_instance_types() -> tuple[str, ...]:
    """List the instance types of SageMaker's API (shape TrainingInstanceType)."""
    path = Path(__file__).with_name("training_instance_types.json")
    return tuple(json.loads(path.read_text(encoding="utf-8")))


def training_image(region: str, instance_type: str) -> str:
    """Return the URI of the container in the region's own registry.

    Parameters
    ----------
    region
        One of `dlc_accounts`.
    instance_type
        Its GPU, or that it has none, chooses the build.
    """
    return f"{registry(dlc_accounts()[region], region)}/{REPOSITORY}:{_TAGS[hardware_of(instance_type)]}"
