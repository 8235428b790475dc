"""Machine images of GPU instances, and the containers that need them."""

from collections.abc import Iterator
from typing import get_args

from assets.nearest import did_you_mean
from stacks.instance_types import InferenceAmiVersion, family, has_gpu, has_other_accelerator
from stacks.rules.hardware import aws_images, known_types
from stacks.rules.images import AwsImage
from stacks.rules.registry import Problem, rule
from stacks.rules.views import Variant

_NEWEST_AMI = "al2023-ami-sagemaker-inference-gpu-4-1"
_CUDA_12_AMI = "al2-ami-sagemaker-inference-gpu-3-1"
_NEURON_AMI = "al2-ami-sagemaker-inference-neuron-2"
_AMIS = (*get_args(InferenceAmiVersion), _NEURON_AMI)
_BLACKWELL = {"g7", "g7e", "p6-b200", "p6-b300", "p6e-gb200"}
# Their default driver, 470, knows CUDA 11.4.
_OLD_DRIVER = {"g4dn", "g5", "p4d", "p4de"}
_CUDA_12, _CUDA_13 = 12, 13


def _cuda_major(image: AwsImage) -> int | None:
    return int(image.cuda.partition(".")[0]) if image.cuda else None


@rule(
    Variant,
    "ami-required",
    "The Ray Serve GPU container needs an InferenceAmiVersion",
    why="its CUDA needs a newer driver than SageMaker's default",
    mend=f"Set InferenceAmiVersion to {_CUDA_12_AMI}, on Blackwell GPUs to {_NEWEST_AMI}.",
    source="containers",
)
def ami_required(variant: Variant) -> Iterator[Problem]:
    """Look for the Ray Serve container on GPUs without one."""
    for node, image in aws_images(variant):
        on_gpu = any(map(has_gpu, known_types(variant)))
        if image.is_ray_serve and image.hardware == "gpu" and on_gpu and variant.at("InferenceAmiVersion").absent:
            yield Problem(node, f"{variant.label} runs {image.name} without an InferenceAmiVersion")


@rule(
    Variant,
    "ami-old-driver",
    "CUDA 12 on p4d, p4de, g4dn and g5 needs an InferenceAmiVersion",
    why="without one these instances have the driver 470, of CUDA 11.4",
    mend=f"Set InferenceAmiVersion to {_CUDA_12_AMI}, for CUDA 13 to {_NEWEST_AMI}.",
    source="drivers",
    severity="warning",
)
def ami_old_driver(variant: Variant) -> Iterator[Problem]:
    """Look for newer CUDA there; a warning, because some containers bring compatibility libraries along."""
    for node, image in aws_images(variant) if variant.at("InferenceAmiVersion").absent else ():
        for instance_type in known_types(variant):
            newer = (_cuda_major(image) or 0) >= _CUDA_12
            if newer and family(instance_type) in _OLD_DRIVER and not image.is_ray_serve:
                yield Problem(
                    node, f"{image.name} has CUDA {image.cuda}, newer than the driver of {instance_type}"
                )


@rule(
    Variant,
    "ami-cuda",
    "CUDA 13 and Blackwell GPUs need the newest machine image",
    why="the other machine images have drivers of CUDA 12, older than CUDA 13 and Blackwell GPUs",
    mend=f"Set InferenceAmiVersion to {_NEWEST_AMI}.",
    source="variant",
    severity="warning",
)
def ami_cuda(variant: Variant) -> Iterator[Problem]:
    """Compare the machine image with image and GPU; a warning, because AWS does not say so for every GPU."""
    ami = variant.at("InferenceAmiVersion")
    if ami.text not in _AMIS or ami.text in (_NEWEST_AMI, _NEURON_AMI):
        return
    for instance_type in known_types(variant):
        if family(instance_type) in _BLACKWELL:
            yield Problem(ami, f"{ami.text} is set for {instance_type}, which has Blackwell GPUs")
    for _, image in aws_images(variant):
        if (_cuda_major(image) or 0) >= _CUDA_13:
            yield Problem(ami, f"{ami.text} is set for {image.name}, which has CUDA {image.cuda}")


@rule(
    Variant,
    "ami-known",
    "An InferenceAmiVersion is one of AWS's",
    why="AWS's API model of the installed botocore does not list it",
    mend=f"Choose one of {', '.join(_AMIS)}.",
    source="variant",
    severity="warning",
)
def ami_known(variant: Variant) -> Iterator[Problem]:
    """Look at the name; a warning, because AWS adds machine images."""
    ami = variant.at("InferenceAmiVersion")
    if ami.text is not None and ami.text not in _AMIS:
        yield Problem(ami, f"{ami.text} is no known machine image{did_you_mean(ami.text, _AMIS)}")


@rule(
    Variant,
    "ami-hardware",
    "A machine image is for the accelerator of the instance",
    why="machine images bring the drivers of GPUs, or of Neuron, and have no use elsewhere",
    mend="Leave InferenceAmiVersion out, or choose one for the instance's accelerator.",
    source="variant",
    severity="warning",
)
def ami_hardware(variant: Variant) -> Iterator[Problem]:
    """Look for machine images on serverless variants and on instances without their accelerator."""
    ami = variant.at("InferenceAmiVersion")
    if ami.text not in _AMIS:
        return
    if variant.serverless:
        yield Problem(ami, f"{variant.label} is serverless and has {ami.text}")
    fits = has_other_accelerator if ami.text == _NEURON_AMI else has_gpu
    for instance_type in known_types(variant):
        if not fits(instance_type):
            yield Problem(ami, f"{ami.text} is set for {instance_type}")
