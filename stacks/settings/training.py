"""`training`: the instances that train models, and with that the role of training jobs."""

from typing import Annotated

from pydantic import AfterValidator, Field

from assets.nearest import did_you_mean
from stacks.instance_types import has_other_accelerator, is_arm
from stacks.settings_common.base import SettingsModel
from stacks.training_container import training_instance_types


def training_instance_type(value: str) -> str:
    """Return an instance type that the training container runs on.

    Raises
    ------
    ValueError
        SageMaker does not train on it, or the container does not run there.
    """
    known = training_instance_types()
    if value not in known:
        raise ValueError(
            f"{value!r} is no instance type that SageMaker trains on{did_you_mean(value, known)} "
            "(a newer one is added in stacks/training_instance_types.json)"
        )
    if is_arm(value) or has_other_accelerator(value):
        raise ValueError(
            f"{value} is not for AWS's PyTorch training container, which takes x86-64 processors and NVIDIA GPUs; "
            "choose for example ml.c7i.2xlarge or ml.g5.xlarge"
        )
    return value


class TrainingSettings(SettingsModel):
    """Where training jobs run (SageMaker API, ResourceConfig and StoppingCondition)."""

    instance_type: Annotated[str, AfterValidator(training_instance_type)]
    """For example ml.c7i.2xlarge, or ml.g5.xlarge with an NVIDIA GPU."""

    instance_count: int = Field(default=1, ge=1, le=100)
    """How many instances train together."""

    volume_size_in_gb: int = Field(default=30, ge=1, le=16384)
    """The storage volume of each instance, for data, checkpoints and model."""

    max_runtime_in_seconds: int = Field(default=3600, ge=60, le=2419200)
    """After how long a job is stopped, up to 28 days."""
