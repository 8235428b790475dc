"""The containers that an endpoint can choose, and their images in each region."""

import json
from functools import cache
from pathlib import Path

from assets.container_catalogue import (
    ContainerBuild,
    Hardware,
    container,
    container_of_repository,
    containers,
    own_container,
)
from stacks.instance_types import has_gpu

__all__ = [
    "CONTAINER_NAMES",
    "aws_image",
    "build_for",
    "container",
    "container_of_repository",
    "containers",
    "default_container",
    "dlc_accounts",
    "hardware_of",
    "own_container",
    "pytorch_environment",
    "registry",
    "url_suffix",
]

CONTAINER_NAMES: tuple[str, ...] = tuple(containers())
"""The names of assets/containers.json."""

PYTORCH = "pytorch-inference"
"""The one that is told something in its environment."""

_INVOCATION_SECONDS = "60"  # what InvokeEndpoint waits (API_runtime_InvokeEndpoint)


@cache
def dlc_accounts() -> dict[str, str]:
    """Map each region to the account of AWS's containers there (SageMaker Python SDK, image_uris)."""
    path = Path(__file__).with_name("dlc_accounts.json")
    accounts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return accounts


def hardware_of(instance_type: str | None) -> Hardware:
    """Return what the build for an instance type computes on; None stands for serverless."""
    return "gpu" if instance_type is not None and has_gpu(instance_type) else "cpu"


def default_container(instance_type: str | None) -> str:
    """Choose the container for an instance type; None stands for serverless."""
    hardware = hardware_of(instance_type)
    return next(entry.name for entry in containers().values() if entry.default_for == hardware)


def build_for(name: str, *, instance_type: str | None, tag: str | None = None) -> ContainerBuild:
    """Return the build of a container that an endpoint gets.

    Parameters
    ----------
    name
        One of `CONTAINER_NAMES`.
    instance_type
        None stands for serverless.
    tag
        The one that the settings pin.

    Raises
    ------
    AssetError
        There is no such container.
    KeyError
        The container has no such tag.
    """
    entry = container(name)
    if tag is None:
        return entry.build(hardware_of(instance_type))
    pinned = entry.tagged(tag)
    if pinned is None:
        raise KeyError(tag)
    return pinned


def url_suffix(region: str) -> str:
    """Return the domain of AWS's services in a region; the China partition has one of its own."""
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def registry(account: str, region: str) -> str:
    """Return the host name of an account's ECR registry."""
    return f"{account}.dkr.ecr.{region}.{url_suffix(region)}"


def aws_image(name: str, *, region: str, instance_type: str | None, tag: str | None = None) -> str:
    """Return the URI of a container of AWS's, in the region's own registry.

    Parameters
    ----------
    name
        One of `CONTAINER_NAMES` that Slipway does not build.
    region
        One of `dlc_accounts`.
    instance_type
        None stands for serverless.
    tag
        The one that the settings pin.
    """
    build = build_for(name, instance_type=instance_type, tag=tag)
    return f"{registry(dlc_accounts()[region], region)}/{container(name).repository}:{build.tag}"


def pytorch_environment(*, instance_type: str | None, entry_point: str | None) -> dict[str, str]:
    """Return what AWS's PyTorch container has to be told (SageMaker PyTorch Inference Toolkit 2.0.25).

    Its own time limit of a response is 120 s, and the documented `SAGEMAKER_MODEL_SERVER_TIMEOUT` has no effect.
    On a CPU it would start a worker, and load the model, for every core.

    Parameters
    ----------
    instance_type
        None stands for serverless.
    entry_point
        The handler's file in `code/`; None where it is not known.
    """
    return {
        "SAGEMAKER_TS_RESPONSE_TIMEOUT": _INVOCATION_SECONDS,
        **({} if hardware_of(instance_type) == "gpu" else {"SAGEMAKER_MODEL_SERVER_WORKERS": "1"}),
        **({"SAGEMAKER_PROGRAM": entry_point} if entry_point else {}),
    }
