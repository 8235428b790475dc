"""`observability`: an endpoint's dashboard, and who hears of its alarms."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from assets.mistakes import Mistake
from stacks.hosting import OwnThresholds
from stacks.settings_common.base import SettingsModel
from stacks.settings_common.made import MADE

_TOPIC_ARN = r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}"  # Amazon SNS API, CreateTopic
_REGION_OF_ARN = 3


def _topic(value: str) -> str:
    if value == MADE or re.fullmatch(_TOPIC_ARN, value):
        return value
    raise ValueError(
        f"{value!r} is neither `made` nor the ARN of a topic, as in arn:aws:sns:eu-central-1:111122223333:name "
        "(a CloudWatch alarm publishes to no FIFO topic)"
    )


class _Thresholds(SettingsModel):
    """The thresholds that several ways to host have."""

    invocation_5xx_errors_in_percent: float | None = Field(default=1.0, ge=0, le=100)
    """More of the requests than this fail; serverless and async."""

    memory_utilization_in_percent: float | None = Field(default=90.0, ge=0, le=100)
    """More of the memory than this is in use."""

    disk_utilization_in_percent: float | None = Field(default=85.0, ge=0, le=100)
    """More of the disk than this is in use; on instances."""


class NotifyingAlarms(OwnThresholds, _Thresholds):
    """When the topic hears of the endpoint; a threshold of null leaves its alarm out.

    With `type: real-time` the alarms of `rollout` tell of errors and latency; these here undo nothing.
    """


class Observability(SettingsModel):
    """What shows how the endpoint is."""

    dashboard: bool | None = None
    """Whether there is a CloudWatch dashboard; left out: on instances, which cost many times as much."""

    alarm_topic: (
        Annotated[
            str,
            AfterValidator(_topic),
            Field(json_schema_extra={"anyOf": [{"const": MADE}, {"pattern": f"^{_TOPIC_ARN}$"}]}),
        ]
        | None
    ) = None
    """The SNS topic that hears of alarms: `made`, or the ARN of yours; left out: nobody does."""

    alarms: NotifyingAlarms = NotifyingAlarms()
    """When it hears of the endpoint."""


def observability_mistakes(key: str, settings: Mapping[object, object], region: str) -> Iterator[Mistake]:
    """Yield a topic that alarms cannot reach, and alarms of which nobody hears.

    Parameters
    ----------
    key
        The endpoint's dotted key.
    settings
        Its settings as YAML has them.
    region
        Of the environment.
    """
    observability = settings.get("observability")
    if not isinstance(observability, Mapping):
        return
    topic = observability.get("alarm_topic")
    if topic is None and observability.get("alarms") is not None:
        problem = "nobody hears of them; write `alarm_topic: made`, or the ARN of a topic"
        yield Mistake(f"{key}.observability.alarms", problem)
    if isinstance(topic, str) and re.fullmatch(_TOPIC_ARN, topic):
        theirs = topic.split(":")[_REGION_OF_ARN]
        if region and theirs != region:
            yield Mistake(
                f"{key}.observability.alarm_topic",
                f"the topic is in {theirs}; an alarm publishes to topics of its own region, {region}",
            )
