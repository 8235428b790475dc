"""`hosting.type: serverless`."""

from typing import Literal

from pydantic import Field

from stacks.settings.base import SettingsModel
from stacks.settings.hosting.autoscaling import ConcurrencyAutoscaling


class ServerlessHosting(SettingsModel):
    """SageMaker starts containers as requests come, and bills what they use."""

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
    def instance_for_container(self) -> None:
        """There is no instance to choose a container by."""
        return

    @property
    def steady_instance_count(self) -> None:
        """There are no instances."""
        return
