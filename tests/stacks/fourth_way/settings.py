"""The settings of `hosting.type: reported`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Literal

from pydantic import Field

from assets.mistakes import Mistake
from stacks.explained_statement import Explained, explained
from stacks.hosting.autoscaling import Autoscaling, TargetValue
from stacks.hosting.instances.settings import InstanceHosting
from stacks.hosting.object_access import ObjectAccess
from stacks.hosting.way import Feature, HostedClass
from stacks.settings_common.base import SettingsModel
from stacks.settings_common.made import MADE
from stacks.settings_common.raw import Raw, mapping


class ReportAutoscaling(Autoscaling):
    """Instances, by the reports that are not written yet."""

    min_capacity: int = Field(default=2, ge=1)
    """The least number of instances."""

    target_value: TargetValue
    """How many reports wait for each instance."""


class ReportThresholds(SettingsModel):
    """Its own thresholds of `observability.alarms`."""

    unwritten_reports: int | None = Field(default=7, ge=1)
    """More reports than this are not written yet."""


class ReportedHosting(InstanceHosting):
    """Instances that report."""

    excluded: ClassVar[frozenset[Feature]] = frozenset({"data_capture", "shadow"})
    own_statements: ClassVar[Mapping[str, Explained]] = {
        "WriteReports": explained("hosting.type: reported", "s3:PutObject"),
        "NotifyOfReports": explained("hosting.report_topic", "sns:Publish"),
    }
    invocations: ClassVar[Mapping[str, str]] = {"InvokeStream": "sagemaker:InvokeEndpointWithResponseStream"}
    topic_keys: ClassVar[tuple[str, ...]] = ("report_topic",)
    taken_prefixes: ClassVar[Mapping[str, str]] = {"reports": "what endpoints report"}

    type: Literal["reported"]
    """Hosting with reports."""

    report_prefix: str | None = None
    """Where in the artifact bucket reports lie; left out: `reports/<endpoint>`."""

    report_topic: Literal["made"] | None = None
    """The SNS topic that hears of reports; left out: nobody does."""

    autoscaling: ReportAutoscaling | None = None
    """The number of instances follows the reports."""

    @classmethod
    def in_stack(cls) -> HostedClass:
        from .endpoint import ReportedEndpoint  # noqa: PLC0415 (it imports the CDK)

        return ReportedEndpoint

    @classmethod
    def mistakes(cls, key: str, settings: Raw, region: str) -> Iterator[Mistake]:
        yield from super().mistakes(key, settings, region)
        hosting = mapping(settings, "hosting")
        if hosting.get("report_topic") == MADE and hosting.get("report_prefix") == "silent":
            yield Mistake(f"{key}.report_topic", "nothing is reported there; leave the key out")

    @classmethod
    def default_prefixes(cls, endpoint: str) -> Mapping[str, str]:
        return {"report_prefix": f"reports/{endpoint}"}

    def role_access(self, endpoint: str) -> Sequence[ObjectAccess]:
        return (ObjectAccess("WriteReports", "s3:PutObject", (self.prefix(endpoint),)),)

    def caller_access(self, endpoint: str) -> Sequence[ObjectAccess]:
        return (ObjectAccess("ReadReports", "s3:GetObject", (self.prefix(endpoint),)),)

    def prefix(self, endpoint: str) -> str:
        """The prefix of the reports' keys, which ends with a slash."""
        return f"{self.report_prefix or f'reports/{endpoint}'}/"
