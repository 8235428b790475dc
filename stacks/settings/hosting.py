"""How an endpoint is hosted: one settings class per way, told apart by `type`."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from assets.nearest import did_you_mean
from stacks.instance_types import InferenceAmiVersion, known_instance_types
from stacks.settings.base import SettingsModel


def _known_instance_type(value: str) -> str:
    if value in known_instance_types():
        return value
    raise ValueError(
        f"{value!r} is no instance type that SageMaker hosts on{did_you_mean(value, known_instance_types())} "
        "(a newer one is added in stacks/instance_types.json)"
    )


class ServerlessHosting(SettingsModel):
    """SageMaker starts containers as requests come, and bills what they use."""

    type: Literal["serverless"]
    """SageMaker serverless inference."""

    memory_size_in_mb: Literal[1024, 2048, 3072, 4096, 5120, 6144] = 2048
    """Memory of one container, in MB; CPU comes in proportion."""

    max_concurrency: int = Field(default=5, ge=1, le=200)
    """How many requests are answered at once; more are throttled. It counts against the account's quota."""

    @property
    def instance_for_container(self) -> None:
        """There is no instance to choose a container by."""
        return


class RealTimeHosting(SettingsModel):
    """Instances of the endpoint's own, always on."""

    type: Literal["real-time"]
    """SageMaker real-time inference."""

    instance_type: Annotated[str, AfterValidator(_known_instance_type)]
    """For example ml.c7i.large, or ml.g5.xlarge with an NVIDIA GPU."""

    initial_instance_count: int = Field(default=1, ge=1)
    """How many instances; two or more are spread over availability zones."""

    inference_ami_version: InferenceAmiVersion | None = None
    """The machine image of GPU instances, and with it the driver; chosen for the container when left out."""

    @property
    def instance_for_container(self) -> str:
        """The instance type that the container must fit."""
        return self.instance_type


Hosting = Annotated[ServerlessHosting | RealTimeHosting, Field(discriminator="type")]
