"""SageMaker's instance types for hosting, and what runs on which."""

import json
from functools import cache
from pathlib import Path
from typing import Literal

InferenceAmiVersion = Literal[
    "al2-ami-sagemaker-inference-gpu-2",
    "al2-ami-sagemaker-inference-gpu-2-1",
    "al2-ami-sagemaker-inference-gpu-3-1",
    "al2023-ami-sagemaker-inference-gpu-4-1",
]
"""Machine images of GPU instances, each with its NVIDIA driver (SageMaker API, ProductionVariant)."""

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


def inference_ami_version(instance_type: str) -> InferenceAmiVersion:
    """Choose the `InferenceAmiVersion` whose driver runs a CUDA 12 container on a GPU instance.

    AWS's own example runs its CUDA 12.9 Ray Serve container on `…gpu-3-1` (driver for CUDA 12.4): the same CUDA
    major suffices. Blackwell GPUs need the driver of `…gpu-4-1`. Values: SageMaker API, ProductionVariant.
    """
    if family(instance_type) in _BLACKWELL_FAMILIES:
        return "al2023-ami-sagemaker-inference-gpu-4-1"
    return "al2-ami-sagemaker-inference-gpu-3-1"
