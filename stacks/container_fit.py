"""Whether a container can run on the hardware of an endpoint, and whether it is still patched."""

from datetime import UTC, date, datetime

from stacks.containers import container, containers, hardware_of
from stacks.instance_types import has_gpu, has_other_accelerator, is_arm, newest_cuda, newest_cuda_of_ami


def container_problem(name: str, *, instance_type: str | None, today: date | None = None) -> str | None:
    """Say in one sentence why a container of the catalogue cannot run there, and what to choose instead.

    Parameters
    ----------
    name
        One of `CONTAINER_NAMES`.
    instance_type
        None stands for serverless.
    today
        The day that decides what else to choose; by default the present one.

    Returns
    -------
    str or None
        None when it can run.
    """
    entry = container(name)
    if instance_type is None:
        if entry.serverless:
            return None
        fitting = " or ".join(_alternatives(name, instance_type, today))
        return f"{name} does not fit serverless hosting (no GPU, and too heavy a start there); choose {fitting}"
    if problem := processor_problem("no container runs", instance_type):
        return problem
    return cuda_problem(name, entry.build(hardware_of(instance_type)).cuda, instance_type=instance_type)


def processor_problem(beginning: str, instance_type: str) -> str | None:
    """Say in one sentence why no image for linux/amd64, CPU or CUDA, runs on an instance type; None when one does.

    Parameters
    ----------
    beginning
        Of the sentence.
    instance_type
        For example ml.g5.xlarge.
    """
    if not has_other_accelerator(instance_type) and not is_arm(instance_type):
        return None
    return (
        f"{beginning} on {instance_type} (no image for its processor or accelerator); choose an x86 instance "
        "type, with or without an NVIDIA GPU, or an image that you built for it"
    )


def cuda_problem(what: str, cuda: str | None, *, instance_type: str | None) -> str | None:
    """Say in one sentence why an instance type cannot run an image's CUDA.

    An image for GPUs starts neither on serverless inference nor on an instance without a GPU (Amazon SageMaker AI
    Developer Guide, "Deploy models with Amazon SageMaker Serverless Inference", feature exclusions).

    Parameters
    ----------
    what
        The image, for the sentence.
    cuda
        Its version of CUDA, as "12.9"; None where it is not known, or there is none.
    instance_type
        None stands for serverless.

    Returns
    -------
    str or None
        None when nothing is known to stand against it.
    """
    if cuda is None:
        return None
    if instance_type is None or not has_gpu(instance_type):
        where = instance_type or "serverless hosting"
        return f"{what} has CUDA {cuda}, and {where} has no GPU; choose an image for CPUs"
    newest = newest_cuda(instance_type)
    if newest is None or int(cuda.partition(".")[0]) <= newest:
        return None
    return (
        f"{what} has CUDA {cuda}, and the GPUs of {instance_type} are too old for more than CUDA {newest}; choose "
        "ml.g4dn, ml.g5 or a newer family"
    )


def ami_problem(version: str, cuda: str | None) -> str | None:
    """Say in one sentence why the driver of a machine image cannot run an image's CUDA.

    Parameters
    ----------
    version
        The `InferenceAmiVersion`.
    cuda
        The container's version of CUDA, as "12.9"; None where it is not known, or there is none.

    Returns
    -------
    str or None
        None when nothing is known to stand against it.
    """
    newest = newest_cuda_of_ami(version)
    if newest is None or cuda is None or int(cuda.partition(".")[0]) <= newest:
        return None
    return (
        f"the driver of {version} runs CUDA {newest} and older, and the container has CUDA {cuda}; leave the key "
        "out, or choose al2023-ami-sagemaker-inference-gpu-4-1"
    )


def support_warning(name: str, *, instance_type: str | None, today: date | None = None) -> str | None:
    """Say that AWS no longer patches a container, since when, and what to choose; None while it does.

    Parameters
    ----------
    name
        One of `CONTAINER_NAMES`.
    instance_type
        None stands for serverless.
    today
        By default the present day (UTC).
    """
    entry = container(name)
    if entry.patched_until is None or _today(today) <= entry.patched_until:
        return None
    others = " or ".join(f"`container: {other}`" for other in _alternatives(name, instance_type, today))
    return f"{entry.description} was patched until {entry.patched_until} and no longer is; choose {others}"


def _alternatives(name: str, instance_type: str | None, today: date | None) -> list[str]:
    """List the containers that are patched and run there."""
    return [
        other.name
        for other in containers().values()
        if other.name != name
        and (other.patched_until is None or _today(today) <= other.patched_until)
        and (other.serverless or instance_type is not None)
    ]


def _today(today: date | None) -> date:
    return today or datetime.now(UTC).date()
