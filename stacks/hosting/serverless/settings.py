"""The settings of `hosting.type: serverless`."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from assets.mistakes import Mistake
from stacks.hosting.autoscaling import Autoscaling, TargetValue
from stacks.hosting.serverless.checks import serverless_mistakes
from stacks.hosting.way import Feature, HostedClass, HostingWay
from stacks.settings_common.base import SettingsModel
from stacks.settings_common.raw import Raw, mapping


class ConcurrencyAutoscaling(Autoscaling):
    """Provisioned concurrency of a serverless endpoint, by how much of it is in use."""

    max_capacity: int = Field(ge=1, le=200)
    """The most provisioned concurrency; up to `max_concurrency`."""

    target_value: TargetValue = 0.7
    """The share of the provisioned concurrency that is in use, more than 0 and up to 1."""


class ServerlessThresholds(SettingsModel):
    """Its own thresholds of `observability.alarms`."""

    concurrency_utilization_in_percent: float | None = Field(default=90.0, ge=0, le=100)
    """More of `max_concurrency` than this is in use; serverless."""


class ServerlessHosting(HostingWay):
    """SageMaker starts containers as requests come, and bills what they use."""

    has_instances: ClassVar[bool] = False
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

    @classmethod
    def in_stack(cls) -> HostedClass:
        """Return what writes it into a stack."""
        from stacks.hosting.serverless.endpoint import ServerlessEndpoint  # noqa: PLC0415 (it imports the CDK)

        return ServerlessEndpoint

    @classmethod
    def mistakes(cls, key: str, settings: Raw, region: str) -> Iterator[Mistake]:
        """Yield what no single value shows of concurrency."""
        yield from super().mistakes(key, settings, region)
        yield from serverless_mistakes(key, mapping(settings, "hosting"), cls.default_min_capacity())

    @property
    def package_limits(self) -> Mapping[str, Any]:
        """The memory of a container."""
        return {"memory_size_in_mb": self.memory_size_in_mb}
