"""The kinds of container: one of the catalogue, any image in ECR, one's own Dockerfile."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from assets import checkout
from assets.container_catalogue import CatalogueEntry
from assets.nearest import did_you_mean
from stacks.container_fit import container_problem, cuda_problem, processor_problem
from stacks.containers import (
    CONTAINER_NAMES,
    build_for,
    container,
    container_of_repository,
    dlc_accounts,
    own_container,
)
from stacks.ecr_image import EcrImage, parse_ecr_image
from stacks.instance_types import has_gpu
from stacks.settings_common.base import SettingsModel

_CUDA = r"[0-9]+\.[0-9]+"


def known_container(value: str) -> str:
    """Return a name of the catalogue, or raise ValueError with the nearest one."""
    if value in CONTAINER_NAMES:
        return value
    hint = did_you_mean(value, CONTAINER_NAMES)
    raise ValueError(f"{value!r} is not allowed; allowed: {', '.join(CONTAINER_NAMES)}{hint}")


def _version(value: str) -> str:
    if re.fullmatch(_CUDA, value):
        return value
    raise ValueError(f'{value!r} is no version of CUDA; write major and minor, as in "12.9"')


def _image(value: str) -> str:
    parse_ecr_image(value)
    return value


def _of_catalogue(image: str) -> CatalogueEntry | None:
    try:
        return container_of_repository(parse_ecr_image(image).repository)
    except ValueError:  # a mistake, which is reported itself
        return None


def _software(image: str) -> str:
    found = _of_catalogue(image)
    return found.name if found else own_container().name


def _cuda(image: str) -> str | None:
    found = _of_catalogue(image)
    build = found.tagged(parse_ecr_image(image).reference) if found else None
    return build.cuda if build else None


ContainerName = Annotated[
    str, AfterValidator(known_container), Field(json_schema_extra={"enum": list(CONTAINER_NAMES)})
]
"""The name of a container of the catalogue."""

Cuda = Annotated[str, AfterValidator(_version), Field(json_schema_extra={"pattern": f"^{_CUDA}$"})]
"""A version of CUDA, as "12.9"."""


class CatalogueContainer(SettingsModel):
    """A container of the catalogue."""

    name: ContainerName
    """One of the catalogue's."""

    tag: str | None = None
    """Which of AWS's tags; left out: the newest one whose image does not change."""

    @model_validator(mode="after")
    def _has_tag(self) -> "CatalogueContainer":
        tags = [build.tag for build in container(self.name).builds if build.tag]
        if self.tag is None or self.tag in tags:
            return self
        if not tags:
            raise ValueError(f"tag: {self.name} is built for each endpoint, and has no tags; leave the key out")
        raise ValueError(
            f"tag: {self.tag!r} is no tag of {self.name} that is known; allowed: {', '.join(tags)}"
            f"{did_you_mean(self.tag, tags)} (any other is given by its whole URI, as `image`)"
        )

    @property
    def software(self) -> str:
        """The container of the catalogue that this is, or is like: it decides what the tarball must hold."""
        return self.name

    def cuda_on(self, instance_type: str) -> str | None:
        """Return the version of CUDA in the image for an instance type; None where there is none."""
        return build_for(self.name, instance_type=instance_type, tag=self.tag).cuda

    def problem(self, instance_type: str | None, region: str) -> str | None:  # noqa: ARG002 (as the others)
        """Say why it cannot run on an instance type, None for serverless, in a region; None when it can."""
        if problem := container_problem(self.name, instance_type=instance_type):
            return problem
        if self.tag is None:
            return None
        build = build_for(self.name, instance_type=instance_type, tag=self.tag)
        on_gpu = instance_type is not None and has_gpu(instance_type)
        if (build.hardware == "gpu") == on_gpu:
            return None
        where = instance_type or "serverless hosting"
        fitting = next(
            other.tag for other in container(self.name).builds if other.hardware == ("gpu" if on_gpu else "cpu")
        )
        return f"tag: the image of {self.tag} is for {build.hardware.upper()}s, and {where} needs {fitting}"


class ImageContainer(SettingsModel):
    """Any image in a private repository of Amazon ECR."""

    image: Annotated[str, AfterValidator(_image), Field(max_length=255)]
    """Its URI, with tag or digest."""

    software: ContainerName = Field(default_factory=lambda data: _software(data.get("image", "")))
    """Which container of the catalogue it is like; left out: by the repository's name, else slim."""

    cuda: Cuda | None = Field(default_factory=lambda data: _cuda(data.get("image", "")))
    """The version of CUDA inside, as "12.9": it decides the driver. Left out: the newest driver."""

    @property
    def parsed(self) -> EcrImage:
        """The parts of the URI."""
        return parse_ecr_image(self.image)

    def cuda_on(self, instance_type: str) -> str | None:  # noqa: ARG002 (as the others)
        """Return the version of CUDA in the image; None where it is not known."""
        return self.cuda

    def problem(self, instance_type: str | None, region: str) -> str | None:
        """Say why it cannot run on an instance type, None for serverless, in a region; None when it can."""
        if region in dlc_accounts() and self.parsed.region != region:
            return (
                f"image: it is in {self.parsed.region}, and SageMaker pulls images of the endpoint's own region, "
                f"{region}, only; replicate the repository (Amazon ECR User Guide, private image replication)"
            )
        return cuda_problem("the image", self.cuda, instance_type=instance_type)


class DockerfileContainer(SettingsModel):
    """An image that is built from one's own Dockerfile."""

    dockerfile: str
    """Its path, from the checkout, or an absolute one; it may lie outside."""

    context: str = ""
    """The folder that the build may copy from; left out: the Dockerfile's own."""

    software: ContainerName = own_container().name
    """Which container of the catalogue it is like."""

    cuda: Cuda | None = None
    """The version of CUDA inside, as "12.9": it decides the driver. Left out: the newest driver."""

    @model_validator(mode="after")
    def _is_there(self) -> "DockerfileContainer":
        if not self.path.is_file():
            raise ValueError(f"dockerfile: there is no file {self.dockerfile!r} in the checkout")
        if not self.folder.is_dir():
            raise ValueError(f"context: there is no folder {self.context!r} in {checkout.shown(checkout.ROOT)}")
        if not self.path.is_relative_to(self.folder):
            raise ValueError(f"context: {self.dockerfile!r} is not in {self.context!r}; name a folder above it")
        return self

    @property
    def path(self) -> Path:
        """The Dockerfile."""
        return (checkout.ROOT / self.dockerfile).resolve()

    @property
    def folder(self) -> Path:
        """The build context."""
        return (checkout.ROOT / self.context).resolve() if self.context else self.path.parent

    def cuda_on(self, instance_type: str) -> str | None:  # noqa: ARG002 (as the others)
        """Return the version of CUDA in the image; None where it is not known."""
        return self.cuda

    def problem(self, instance_type: str | None, region: str) -> str | None:  # noqa: ARG002 (as the others)
        """Say why it cannot run on an instance type, None for serverless, in a region; None when it can."""
        processor = instance_type and processor_problem("no image that Slipway builds runs", instance_type)
        return processor or cuda_problem("the image", self.cuda, instance_type=instance_type)
