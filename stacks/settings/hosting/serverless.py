"""`hosting.type: serverless`."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from stacks.settings.hosting.autoscaling import ConcurrencyAutoscaling
from stacks.settings.hosting.way import Feature, HostingWay


class ServerlessHosting(HostingWay):
    """SageMaker starts containers as requests come, and bills what they use."""

    has_instances: ClassVar[bool] = False
    has_max_concurrency: ClassVar[bool] = True
    # Amazon SageMaker AI Developer Guide, "Deploy models with Amazon SageMaker Serverless Inference", *Feature
    # exclusions*; SageMaker API, ContainerDefinition (ModelDataSource).
    excluded: ClassVar[frozenset[Feature]] = frozenset(
        {"data_capture", "model_data_source", "network", "shadow", "variants"}
    )

    type: Literal["serverless"]
    """SageMaker serverless inference."""

    memory_size_in_mb: Literal[1024, 2048, 3072, 4096, 5120, 6144] = 2048
    """Memory of one container, in MB; CPU comes in proportion."""

    max_concurrency: int = Field(default=5, ge=1, le=200)
    """How many requests are answered at once; more are throttled. It counts against the account's quota."""

    provisioned_concurrency: int | None = Field(default=None, ge=1, le=200)
    """How many requests find a container that has started already; billed all the time. Left out: none."""

    autoscaling: ConcurrencyAutoscaling | None = None
    """Scales the provisioned concurrency; left out: it stays."""

    @property
    def package_limits(self) -> Mapping[str, Any]:
        """The memory of a container."""
        return {"memory_size_in_mb": self.memory_size_in_mb}

    @property
    def instance_for_container(self) -> None:
        """There is no instance to choose a container by."""
        return

    @property
    def steady_instance_count(self) -> None:
        """There are no instances."""
        return
