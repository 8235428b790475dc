"""The containers that an endpoint can choose, and where each can run."""

import json
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from stacks.instance_types import has_gpu, has_other_accelerator, is_arm

ContainerName = Literal["slim", "ray-serve", "pytorch-inference"]
"""`slim` is our own, built from serving/; `ray-serve` and `pytorch-inference` are AWS's."""

CONTAINER_NAMES: tuple[str, ...] = get_args(ContainerName)

RAY_SERVE_REPOSITORY = "ray"
# The minor version is pinned: AWS moves the tag `…-v1` on, and a fleet would mix versions when it scales out.
_RAY_SERVE_TAGS = {"gpu": "serve-ml-sagemaker-cuda-v1.4", "cpu": "serve-ml-sagemaker-cpu-v1.4"}

PYTORCH_REPOSITORY = "pytorch-inference"
_PYTORCH_TAGS = {"gpu": "2.6.0-gpu-py312", "cpu": "2.6.0-cpu-py312"}
_INVOCATION_SECONDS = "60"  # what InvokeEndpoint waits (API_runtime_InvokeEndpoint)
PYTORCH_PATCHED_UNTIL = "2026-06-30"
"""The end of patch of the last PyTorch inference container (aws/deep-learning-containers, its release data)."""


@cache
def dlc_accounts() -> dict[str, str]:
    """Map each region to the account of AWS's containers there (SageMaker Python SDK, image_uris)."""
    path = Path(__file__).with_name("dlc_accounts.json")
    accounts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return accounts


def default_container(instance_type: str | None) -> ContainerName:
    """Choose the container for an instance type; None stands for serverless."""
    return "ray-serve" if instance_type is not None and has_gpu(instance_type) else "slim"


def registry(account: str, region: str) -> str:
    """Return the host name of an account's ECR registry; the China partition has a domain of its own."""
    url_suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"{account}.dkr.ecr.{region}.{url_suffix}"


def ray_serve_image(region: str, instance_type: str) -> str:
    """Return the URI of AWS's Ray Serve container for an instance type in a region."""
    tag = _RAY_SERVE_TAGS["gpu" if has_gpu(instance_type) else "cpu"]
    return f"{registry(dlc_accounts()[region], region)}/{RAY_SERVE_REPOSITORY}:{tag}"


def pytorch_image(region: str, instance_type: str | None) -> str:
    """Return the URI of AWS's PyTorch container for an instance type, None for serverless, in a region."""
    tag = _PYTORCH_TAGS["gpu" if instance_type is not None and has_gpu(instance_type) else "cpu"]
    return f"{registry(dlc_accounts()[region], region)}/{PYTORCH_REPOSITORY}:{tag}"


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
    on_gpu = instance_type is not None and has_gpu(instance_type)
    return {
        "SAGEMAKER_TS_RESPONSE_TIMEOUT": _INVOCATION_SECONDS,
        **({} if on_gpu else {"SAGEMAKER_MODEL_SERVER_WORKERS": "1"}),
        **({"SAGEMAKER_PROGRAM": entry_point} if entry_point else {}),
    }


def container_problem(container: str, *, instance_type: str | None) -> str | None:
    """Say in one sentence why a container cannot run there, and what to choose instead.

    Parameters
    ----------
    container
        One of `CONTAINER_NAMES`.
    instance_type
        None stands for serverless.

    Returns
    -------
    str or None
        None when it can run.
    """
    if instance_type is None:
        if container == "ray-serve":
            return "ray-serve does not fit serverless hosting (no GPU, and too heavy a start there); choose slim"
        return None
    if has_other_accelerator(instance_type) or is_arm(instance_type):
        return (
            f"no container runs on {instance_type} (no image for its processor or accelerator); "
            "choose an x86 instance type, with or without an NVIDIA GPU"
        )
    if container == "slim" and has_gpu(instance_type):
        return (
            f"slim has no CUDA build, so the GPU of {instance_type} would idle; choose ray-serve or a CPU instance"
        )
    return None
