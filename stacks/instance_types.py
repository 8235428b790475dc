"""SageMaker's instance types for hosting, and what runs on which."""

import json
from functools import cache
from pathlib import Path
from typing import Literal, get_args

InferenceAmiVersion = Literal[
    "al2-ami-sagemaker-inference-gpu-2",
    "al2-ami-sagemaker-inference-gpu-2-1",
    "al2-ami-sagemaker-inference-gpu-3-1",
    "al2023-ami-sagemaker-inference-gpu-4-1",
]
"""Machine images of GPU instances, each with its NVIDIA driver (SageMaker API, ProductionVariant)."""

_CUDA_12: InferenceAmiVersion = "al2-ami-sagemaker-inference-gpu-3-1"
_CUDA_13: InferenceAmiVersion = "al2023-ami-sagemaker-inference-gpu-4-1"
_OLDEST_WITH_AMI = 12
_NEWEST_MAJOR = 13
_NEWEST_CUDA = {"p2": 11, "p3": 12}

_GPU_FAMILIES = {
    *("p2", "p3", "p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300", "p6e-gb200"),
    *("g4dn", "g5", "g6", "g6e", "g7", "g7e"),
}
_BLACKWELL_FAMILIES = {"g7", "g7e", "p6-b200", "p6-b300", "p6e-gb200"}
_ACCELERATOR_FAMILIES = {"inf1", "inf2", "trn1", "trn1n", "trn2", "dl1"}
# Grace is an Arm processor; AWS's other Arm processor, Graviton, has a g after the family's generation.
_ARM_FAMILIES = {
    "p6e-gb200",
    "c6g",
    "c6gd",
    "c6gn",
    "c7g",
    "c8g",
    "m6g",
    "m6gd",
    "m8g",
    "r6g",
    "r6gd",
    "r7gd",
    "r8g",
}

# Amazon EC2 User Guide, "Instance store volume limits".
_LOCAL_DISK_FAMILIES = {
    *("c5d", "m5d", "r5d", "c6gd", "m6gd", "r6gd", "r7gd", "dl1", "trn1", "trn1n", "trn2"),
    *("g4dn", "g5", "g6", "g6e", "g7", "g7e"),
    *("p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300", "p6e-gb200"),
}


@cache
def known_instance_types() -> tuple[str, ...]:
    """List the instance types of SageMaker's API (shape ProductionVariantInstanceType)."""
    path = Path(__file__).with_name("instance_types.json")
    return tuple(json.loads(path.read_text(encoding="utf-8")))


def family(instance_type: str) -> str:
    """Return the family, for example `g5` of `ml.g5.xlarge`; empty when it is no instance type."""
    parts = instance_type.split(".")
    return parts[1] if len(parts) == 3 else ""  # noqa: PLR2004 (ml, family, size)


def has_gpu(instance_type: str) -> bool:
    """Whether the instance has NVIDIA GPUs (SageMaker's accelerated computing families)."""
    return family(instance_type) in _GPU_FAMILIES


def has_other_accelerator(instance_type: str) -> bool:
    """Whether its accelerator needs containers of its own: Inferentia, Trainium or Gaudi."""
    return family(instance_type) in _ACCELERATOR_FAMILIES


def is_arm(instance_type: str) -> bool:
    """Whether the processor is an Arm one, so that linux/amd64 images do not start."""
    return family(instance_type) in _ARM_FAMILIES


def newest_cuda(instance_type: str) -> int | None:
    """Return the newest major version of CUDA that the GPUs of an instance type run; None where no end is known.

    NVIDIA's drivers support the K80 of p2 up to release 470, which is CUDA 11.4, and CUDA 13 is without the V100
    of p3 (release notes of the driver, and of CUDA 13.0).
    """
    return _NEWEST_CUDA.get(family(instance_type))


def has_local_disks(instance_type: str) -> bool:
    """Whether it has NVMe disks of its own, in place of a storage volume whose size and key can be chosen."""
    return family(instance_type) in _LOCAL_DISK_FAMILIES


def newest_cuda_of_ami(version: str) -> int | None:
    """Return the newest major version of CUDA that a machine image's driver runs; None of an unknown image.

    Source: SageMaker API, ProductionVariant, InferenceAmiVersion.
    """
    if version not in get_args(InferenceAmiVersion):
        return None
    return _NEWEST_MAJOR if version == _CUDA_13 else _OLDEST_WITH_AMI


def inference_ami_version(instance_type: str, cuda: str | None = None) -> InferenceAmiVersion | None:
    """Choose the `InferenceAmiVersion` whose driver runs a container's CUDA.

    A driver runs the CUDA of its own major version and every older one, so the same major suffices: AWS tries its
    CUDA 12 containers, of 12.9 too, on `…gpu-3-1` (CUDA 12.4) and those of CUDA 13 on `…gpu-4-1` (CUDA 13.0;
    aws/deep-learning-containers, its tests on SageMaker). Without one, g4dn, g5 and p4d come with a driver of CUDA
    11.4 ("Best practices to minimize interruptions during GPU driver upgrades", Amazon SageMaker AI Developer
    Guide). Blackwell GPUs need the driver of `…gpu-4-1`; that is not confirmed by AWS's documentation.

    Parameters
    ----------
    instance_type
        For example ml.g5.xlarge.
    cuda
        The container's version of CUDA, as "12.9"; None where it is not known: the newest driver runs them all.

    Returns
    -------
    InferenceAmiVersion or None
        None where SageMaker's default will do: without a GPU, and for CUDA 11 and older.
    """
    if not has_gpu(instance_type):
        return None
    if family(instance_type) in _BLACKWELL_FAMILIES:
        return _CUDA_13
    major = int(cuda.partition(".")[0]) if cuda else newest_cuda(instance_type) or _NEWEST_MAJOR
    if major < _OLDEST_WITH_AMI:
        return None
    return _CUDA_12 if major == _OLDEST_WITH_AMI else _CUDA_13
