"""Images of AWS's containers, and the instances that they need."""

from collections.abc import Iterator
from datetime import UTC, datetime

from assets.nearest import did_you_mean
from stacks.containers import container_of_repository, dlc_accounts
from stacks.instance_types import has_gpu, has_other_accelerator, is_arm
from stacks.rules.hardware import aws_images, known_types
from stacks.rules.images import AwsImage, aws_image
from stacks.rules.known_tags import may_exist
from stacks.rules.registry import Problem, rule
from stacks.rules.views import Container, Variant

_LAST_PYTORCH = (2, 6)


@rule(
    Variant,
    "gpu-image-on-cpu",
    "A GPU image runs on an instance with a GPU",
    why="its CUDA libraries find no GPU there, and the container fails its start",
    mend="Choose a GPU instance type, or the image for CPUs.",
    source="containers",
)
def gpu_image_on_cpu(variant: Variant) -> Iterator[Problem]:
    """Look for AWS's GPU images on other instances; serverless-gpu looks at serverless."""
    for node, image in aws_images(variant):
        for instance_type in known_types(variant):
            if image.hardware == "gpu" and not (has_gpu(instance_type) or has_other_accelerator(instance_type)):
                yield Problem(node, f"{image.name} is for GPUs, and {variant.label} runs on {instance_type}")


@rule(
    Variant,
    "cpu-image-on-gpu",
    "A GPU instance runs a GPU image",
    why="the GPU is paid for and idles",
    mend="Choose the image for GPUs, or an instance type without one.",
    source="containers",
    severity="warning",
)
def cpu_image_on_gpu(variant: Variant) -> Iterator[Problem]:
    """Look for AWS's CPU images on GPU instances, unless another container of the model uses the GPU."""
    images = list(aws_images(variant))
    if len(images) != len(variant.containers) or any(image.hardware != "cpu" for _, image in images):
        return
    for node, image in images:
        for instance_type in known_types(variant):
            if has_gpu(instance_type):
                yield Problem(node, f"{image.name} is for CPUs, and {variant.label} runs on {instance_type}")


@rule(
    Variant,
    "image-processor",
    "An arm64 image runs on Graviton, an x86 image does not",
    why="an image starts only on the processors that it is built for",
    mend="Choose an instance type with the image's processor, or the image for the instance's.",
    source="containers",
)
def image_processor(variant: Variant) -> Iterator[Problem]:
    """Compare the processor of AWS's images with the instances'."""
    for node, image in aws_images(variant):
        for instance_type in known_types(variant):
            if image.processor and (image.processor == "arm") != is_arm(instance_type):
                wanted = "arm64" if image.processor == "arm" else "x86-64"
                yield Problem(node, f"{image.name} is for {wanted}, and {variant.label} runs on {instance_type}")
        if variant.serverless and image.processor == "arm":
            yield Problem(node, f"{image.name} is for arm64, and {variant.label} is serverless, on x86-64")


@rule(
    Container,
    "dlc-tag",
    "A tag of AWS's PyTorch container exists",
    why="AWS's last PyTorch inference container is that of PyTorch 2.6, and another is not there to be pulled",
    mend="Choose a tag of 2.6 or older, the Ray Serve container, or an image of your own.",
    source="containers",
)
def dlc_tag(container: Container) -> Iterator[Problem]:
    """Look for versions of pytorch-inference that AWS never made."""
    node = container.node.at("Image")
    image = aws_image(node)
    if image and _was_never_made(image):
        yield Problem(node, f"there is no {image.name}")


def _was_never_made(image: AwsImage) -> bool:
    return bool(image.repository == "pytorch-inference" and image.version and image.version > _LAST_PYTORCH)


@rule(
    Container,
    "dlc-tag-known",
    "A tag of a container that Slipway knows is like AWS's tags",
    why="an image that is not there cannot be pulled, and the endpoint fails",
    mend="Choose a tag that AWS's list of the container has.",
    source="containers",
    severity="warning",
)
def dlc_tag_known(container: Container) -> Iterator[Problem]:
    """Look for unlikely tags of the containers in the catalogue; a warning, because it does not have all tags."""
    node = container.node.at("Image")
    image = aws_image(node)
    entry = container_of_repository(image.repository) if image else None
    if image and entry and not _was_never_made(image) and not may_exist(entry, image.tag):
        hint = did_you_mean(image.tag, [build.tag for build in entry.builds])
        yield Problem(node, f"no tag like {image.name} is known{hint}")


@rule(
    Container,
    "dlc-account",
    "AWS's containers come from the account of their region",
    why="each region has one account of AWS's with the containers, and another has no such repository there",
    mend="Name the account of the region.",
    source="containers",
)
def dlc_account(container: Container) -> Iterator[Problem]:
    """Compare the registry's account with the region's."""
    node = container.node.at("Image")
    image = aws_image(node)
    account = dlc_accounts().get(image.region or "") if image else None
    if image and account and image.account != account:
        yield Problem(node, f"{image.account} has no containers in {image.region}", f"Name the account {account}.")


@rule(
    Container,
    "training-image",
    "A training image does not serve",
    why="AWS's training images have no model server",
    mend="Choose the Ray Serve or PyTorch inference container, or an image of your own.",
    source="containers",
    severity="warning",
)
def training_image(container: Container) -> Iterator[Problem]:
    """Look for AWS's training repositories; a warning, because a handler of one's own may start a server there."""
    node = container.node.at("Image")
    image = aws_image(node)
    if image and (image.repository.endswith("-training") or image.repository == "pytorch"):
        yield Problem(node, f"{image.name} is a training image")


@rule(
    Container,
    "end-of-patch",
    "AWS patches the container",
    why="AWS mends no security fault in a container past its end of patch",
    mend="Choose a container that AWS patches, as Ray Serve, or an image of your own.",
    source="containers",
    severity="warning",
)
def end_of_patch(container: Container) -> Iterator[Problem]:
    """Compare the end of patch with today."""
    node = container.node.at("Image")
    image = aws_image(node)
    if image and image.patched_until and image.patched_until < datetime.now(UTC).date():
        yield Problem(node, f"{image.name} is patched until {image.patched_until.isoformat()} and no longer")
