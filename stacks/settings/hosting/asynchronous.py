"""`hosting.type: async`."""

import re
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from stacks.settings.hosting.autoscaling import BacklogAutoscaling
from stacks.settings.hosting.instances import InstanceHosting
from stacks.settings.hosting.way import Feature
from stacks.settings.key_prefixes import AsyncKind, async_prefix, checked_prefix
from stacks.settings.observability import MADE

_TOPIC_ARN = r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]+"  # SageMaker API, SnsTopicArn


def _prefix(value: str) -> str:
    return checked_prefix(value, example="async/fraud/output")


def _topic(value: str) -> str:
    if value == MADE or re.fullmatch(_TOPIC_ARN, value):
        return value
    raise ValueError(
        f"{value!r} is neither `made` nor the ARN of a topic, as in arn:aws:sns:eu-central-1:111122223333:name"
    )


def _both_once(value: list[str]) -> list[str]:
    if len(set(value)) == len(value):
        return value
    raise ValueError("names one twice; remove it")


Prefix = Annotated[str, AfterValidator(_prefix)]
Topic = Annotated[
    str,
    AfterValidator(_topic),
    Field(json_schema_extra={"anyOf": [{"const": MADE}, {"pattern": f"^{_TOPIC_ARN}$"}]}),
]


class AsyncHosting(InstanceHosting):
    """Requests wait in a queue, their bodies and answers lie in S3 (SageMaker API, AsyncInferenceConfig)."""

    has_queue: ClassVar[bool] = True
    # Amazon SageMaker AI Developer Guide, "Create a shadow test", and "Alarms and logs for tracking metrics from
    # asynchronous endpoints".
    excluded: ClassVar[frozenset[Feature]] = frozenset({"shadow"})
    unpublished: ClassVar[frozenset[str]] = frozenset({"OverheadLatency"})

    type: Literal["async"]
    """SageMaker asynchronous inference."""

    input_prefix: Prefix | None = None
    """Where in the artifact bucket requests lie; left out: `async/<endpoint>/input`."""

    output_prefix: Prefix | None = None
    """Where in the artifact bucket answers are written; left out: `async/<endpoint>/output`."""

    failure_prefix: Prefix | None = None
    """Where in the artifact bucket failures are written; left out: `async/<endpoint>/failure`."""

    max_concurrent_invocations_per_instance: int | None = Field(default=None, ge=1, le=1000)
    """How many requests an instance gets at once; left out: SageMaker chooses."""

    success_topic: Topic | None = None
    """The SNS topic that hears of answers: `made`, or the ARN of yours; left out: nobody does."""

    error_topic: Topic | None = None
    """The SNS topic that hears of failures: `made`, or the ARN of yours; left out: nobody does."""

    include_inference_response_in: Annotated[
        list[Literal["SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC"]], AfterValidator(_both_once)
    ] = Field(default=[])
    """The topics whose messages hold the answer itself, up to 128 KB of it."""

    autoscaling: BacklogAutoscaling | None = None
    """The number of instances follows the queue, down to none; left out: it stays."""

    @property
    def steady_instance_count(self) -> int:
        """How many instances there are at the least."""
        return self.autoscaling.min_capacity if self.autoscaling else self.initial_instance_count

    def key_prefix(self, endpoint: str, kind: AsyncKind) -> str:
        """Return the prefix of the keys of requests, answers or failures, which ends with a slash."""
        given = {"input": self.input_prefix, "output": self.output_prefix, "failure": self.failure_prefix}[kind]
        return f"{given or async_prefix(endpoint, kind)}/"
