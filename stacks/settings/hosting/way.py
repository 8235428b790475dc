"""What is so of a way to host whatever its keys say: the rest of the stacks asks for this, and not for `type`."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from stacks.settings.base import SettingsModel

Feature = Literal["data_capture", "model_data_source", "network", "shadow", "variants"]
"""What an endpoint may have beside its hosting: a key of its settings, several `variants`, a ModelDataSource."""


class HostingWay(SettingsModel):
    """The facts about one way to host; what is left out of a subclass is as it is here."""

    has_instances: ClassVar[bool] = True
    """Whether SageMaker keeps instances for it, with disks, and updates them by deployment guardrails.

    Source: Amazon SageMaker AI Developer Guide, "Deployment guardrails for updating models in production".
    """

    has_queue: ClassVar[bool] = False
    """Whether requests wait in a queue, their bodies and answers in S3."""

    has_max_concurrency: ClassVar[bool] = False
    """Whether SageMaker refuses requests beyond `max_concurrency`."""

    is_watched: ClassVar[bool] = False
    """Whether updates are rolled out under alarms where the settings do not say how."""

    excluded: ClassVar[frozenset[Feature]] = frozenset()
    """The features that SageMaker does not have for it."""

    unpublished: ClassVar[frozenset[str]] = frozenset()
    """Those of the rollback alarms' metrics that SageMaker does not publish for it."""

    @property
    def package_limits(self) -> Mapping[str, Any]:
        """What a package has to fit, by the names of `assets.inspection.target.Target`."""
        return {}
