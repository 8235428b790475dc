"""AWS's containers, and what they run on."""

from .cases import Broken, Deployment
from .deployments import (
    CUDA_12_AMI,
    CUDA_13_AMI,
    GRAVITON,
    PYTORCH_CPU,
    PYTORCH_GPU,
    RAY_CPU,
    RAY_GPU,
    SERVERLESS,
)


def _runs(image: str, instance_type: str | None, ami: str | None = None) -> Deployment:
    variant = (
        SERVERLESS if instance_type is None else {"instance_type": instance_type, "inference_ami_version": ami}
    )
    return {"container": {"image": image}, "variants": [variant]}


_OLD = ("end-of-patch",)
_ELSEWHERE = RAY_GPU.replace("763104351884", "222222222222")
_CUDA_13_IMAGE = "763104351884.dkr.ecr.eu-central-1.amazonaws.com/vllm:0.12-gpu-py312-cu130-ubuntu22.04-sagemaker"

VALID: dict[str, dict[str, Deployment]] = {
    "amis": {
        "ray-on-g5": _runs(RAY_GPU, "ml.g5.xlarge", CUDA_12_AMI),
        "ray-on-g6e": _runs(RAY_GPU, "ml.g6e.12xlarge", CUDA_12_AMI),
        "ray-on-p5": _runs(RAY_GPU, "ml.p5.48xlarge", CUDA_12_AMI),
        "ray-on-p5en": _runs(RAY_GPU, "ml.p5en.48xlarge", CUDA_13_AMI),
        "ray-on-g7e": _runs(RAY_GPU, "ml.g7e.2xlarge", CUDA_13_AMI),
        "ray-on-p6-b200": _runs(RAY_GPU, "ml.p6-b200.48xlarge", CUDA_13_AMI),
        "ray-on-p6-b300": _runs(RAY_GPU, "ml.p6-b300.48xlarge", CUDA_13_AMI),
        "copy-of-ray-without-ami": _runs(_ELSEWHERE, "ml.g6.xlarge"),
        "cuda-13-on-p5": _runs(_CUDA_13_IMAGE, "ml.p5.48xlarge", CUDA_13_AMI),
        "cuda-13-on-g6": _runs(_CUDA_13_IMAGE, "ml.g6.xlarge"),
    },
    "images": {
        "ray-on-cpu": _runs(RAY_CPU, "ml.m6i.xlarge"),
        "copy-of-gpu-image-on-cpu": _runs(PYTORCH_GPU.replace("763104351884", "222222222222"), "ml.m5.large"),
        "graviton-on-graviton": _runs(GRAVITON, "ml.c7g.xlarge"),
        "ray-newer": _runs(RAY_CPU.replace("v1.4", "v1.5.2"), "ml.m5.large"),
        "ray-next": _runs(RAY_CPU.replace("v1.4", "v2"), "ml.m5.large"),
        "ray-older": _runs(RAY_CPU.replace("v1.4", "v1.1"), "ml.m5.large"),
        "ray-of-a-day": _runs(RAY_CPU.replace("v1.4", "v1.4.0-2026-08-12"), "ml.m5.large"),
        "image-by-digest": _runs(RAY_GPU.rpartition(":")[0] + "@sha256:" + "0" * 64, "ml.m5.large"),
    },
}

BROKEN: dict[str, Broken] = {
    "gpu-image-on-cpu": Broken("gpu-image-on-cpu", "GPU instance type", _runs(RAY_GPU, "ml.m5.large")),
    "gpu-image-on-c7i": Broken("gpu-image-on-cpu", "GPU instance type", _runs(_CUDA_13_IMAGE, "ml.c7i.xlarge")),
    "cpu-image-on-gpu": Broken("cpu-image-on-gpu", "image for GPUs", _runs(RAY_CPU, "ml.g5.xlarge")),
    "x86-on-graviton": Broken("image-processor", "the instance's", _runs(RAY_CPU, "ml.c7g.xlarge")),
    "arm-on-x86": Broken("image-processor", "the instance's", _runs(GRAVITON, "ml.m5.large")),
    "arm-on-serverless": Broken("image-processor", "the instance's", _runs(GRAVITON, None)),
    "dlc-tag": Broken(
        "dlc-tag", "2.6 or older", _runs(PYTORCH_CPU.replace("2.6.0", "2.7.1"), "ml.m5.large"), also=_OLD
    ),
    "dlc-tag-known": Broken(
        "dlc-tag-known", "list", _runs(PYTORCH_CPU.replace("py312", "py399"), "ml.m5.large"), also=_OLD
    ),
    "dlc-tag-known-version": Broken("dlc-tag-known", "list", _runs(RAY_CPU.replace("v1.4", "v9"), "ml.m5.large")),
    "dlc-tag-known-hardware": Broken(
        "dlc-tag-known", "list", _runs(RAY_GPU.replace("cuda", "gpu"), "ml.g5.xlarge", CUDA_12_AMI)
    ),
    "dlc-tag-known-latest": Broken(
        "dlc-tag-known", "list", _runs(RAY_CPU.rpartition(":")[0] + ":latest", "ml.m5.large")
    ),
    "dlc-account": Broken(
        "dlc-account", "692866216735", _runs(RAY_CPU.replace("eu-central-1", "eu-south-1"), "ml.m5.large")
    ),
    "training-image": Broken(
        "training-image",
        "inference container",
        _runs("763104351884.dkr.ecr.eu-central-1.amazonaws.com/pytorch-training:2.8.0-cpu-py312", "ml.m5.large"),
    ),
    "end-of-patch": Broken("end-of-patch", "that AWS patches", _runs(PYTORCH_CPU, "ml.m5.large")),
    "end-of-patch-longest-tag": Broken(
        "end-of-patch",
        "that AWS patches",
        _runs(PYTORCH_CPU.replace("2.6.0-cpu-py312", "2.6-cpu-py312-ubuntu22.04-sagemaker-v1.3"), "ml.m5.large"),
    ),
    "ami-required": Broken("ami-required", CUDA_12_AMI, _runs(RAY_GPU, "ml.g6.xlarge")),
    "ami-required-on-blackwell": Broken("ami-required", CUDA_13_AMI, _runs(RAY_GPU, "ml.p6-b200.48xlarge")),
    "ami-old-driver": Broken("ami-old-driver", CUDA_12_AMI, _runs(PYTORCH_GPU, "ml.g5.xlarge"), also=_OLD),
    "ami-old-driver-cuda-13": Broken("ami-old-driver", CUDA_13_AMI, _runs(_CUDA_13_IMAGE, "ml.g4dn.xlarge")),
    "ami-cuda-13": Broken("ami-cuda", CUDA_13_AMI, _runs(_CUDA_13_IMAGE, "ml.g6.xlarge", CUDA_12_AMI)),
    "ami-cuda-blackwell": Broken("ami-cuda", CUDA_13_AMI, _runs(RAY_GPU, "ml.g7e.2xlarge", CUDA_12_AMI)),
    "ami-known": Broken(
        "ami-known", "Choose one of", _runs(_ELSEWHERE, "ml.g5.xlarge", "al2-ami-inference-gpu-3")
    ),
    "ami-hardware-cpu": Broken("ami-hardware", "Leave", _runs(RAY_CPU, "ml.m5.large", CUDA_12_AMI)),
    "ami-hardware-neuron": Broken(
        "ami-hardware", "Leave", _runs(_ELSEWHERE, "ml.g5.xlarge", "al2-ami-sagemaker-inference-neuron-2")
    ),
    "ami-hardware-serverless": Broken(
        "ami-hardware", "Leave", {"variants": [SERVERLESS | {"inference_ami_version": CUDA_12_AMI}]}
    ),
}
