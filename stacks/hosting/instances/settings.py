"""The settings that the ways to host on instances share."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from assets.mistakes import Mistake
from assets.nearest import did_you_mean
from stacks.hosting.instances.checks import instance_mistakes
from stacks.hosting.way import HostingWay
from stacks.instance_types import InferenceAmiVersion, known_instance_types
from stacks.settings_common.raw import Raw


def _known_instance_type(value: str) -> str:
    if value in known_instance_types():
        return value
    raise ValueError(
        f"{value!r} is no instance type that SageMaker hosts on{did_you_mean(value, known_instance_types())} "
        "(a newer one is added in stacks/instance_types.json)"
    )


InstanceType = Annotated[str, AfterValidator(_known_instance_type)]
"""An instance type of SageMaker's API."""


class InstanceHosting(HostingWay):
    """Instances, their number, machine image, disk and time-outs (SageMaker API, ProductionVariant)."""

    instance_type: InstanceType
    """For example ml.c7i.large, or ml.g5.xlarge with an NVIDIA GPU."""

    initial_instance_count: int = Field(default=1, ge=1)
    """How many instances; two or more are spread over availability zones."""

    inference_ami_version: InferenceAmiVersion | None = None
    """The machine image of GPU instances, and with it the driver; chosen for the container when left out."""

    volume_size_in_gb: int | None = Field(default=None, ge=1, le=512)
    """The storage volume of each instance; left out: SageMaker's choice. Not on types with disks of their own."""

    container_startup_health_check_timeout_in_seconds: int | None = Field(default=None, ge=60, le=3600)
    """How long the container may take until it answers /ping; left out: SageMaker's own limit."""

    model_data_download_timeout_in_seconds: int | None = Field(default=None, ge=60, le=3600)
    """How long the model may take to be downloaded and unpacked; left out: SageMaker's own limit."""

    variant_instance_provision_timeout_in_seconds: int | None = Field(default=None, ge=300, le=3600)
    """How long SageMaker tries to get the instances; left out: its own limit."""

    @classmethod
    def mistakes(cls, key: str, settings: Raw, region: str) -> Iterator[Mistake]:
        """Yield what no single value shows of instances and their number."""
        yield from super().mistakes(key, settings, region)
        yield from instance_mistakes(key, settings, cls.default_min_capacity())

    @property
    def package_limits(self) -> Mapping[str, Any]:
        """How long the model may be downloaded."""
        return {"download_timeout_in_seconds": self.model_data_download_timeout_in_seconds}

    @property
    def instance_for_container(self) -> str:
        """The instance type that the container must fit."""
        return self.instance_type

    @property
    def steady_instance_count(self) -> int:
        """How many instances there are at the least."""
        return self.scaling.min_capacity if self.scaling else self.initial_instance_count
