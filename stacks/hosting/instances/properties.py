"""The properties of a variant on instances of its own."""

from typing import Any

from stacks.hosting.instances.settings import InstanceHosting
from stacks.instance_types import inference_ami_version
from stacks.settings import Container


def instance_properties(hosting: InstanceHosting, container: Container) -> dict[str, Any]:
    """Return the properties of a variant on instances (SageMaker API, ProductionVariant)."""
    cuda = container.cuda_on(hosting.instance_type)
    ami = hosting.inference_ami_version or inference_ami_version(hosting.instance_type, cuda)
    startup_timeout = hosting.container_startup_health_check_timeout_in_seconds
    return {
        "instance_type": hosting.instance_type,
        "initial_instance_count": hosting.initial_instance_count,
        "inference_ami_version": ami,
        "volume_size_in_gb": hosting.volume_size_in_gb,
        "container_startup_health_check_timeout_in_seconds": startup_timeout,
        "model_data_download_timeout_in_seconds": hosting.model_data_download_timeout_in_seconds,
        "variant_instance_provision_timeout_in_seconds": hosting.variant_instance_provision_timeout_in_seconds,
    }
