"""The settings of `hosting.type: async`."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from assets.mistakes import Mistake
from stacks.explained_statement import Explained, explained
from stacks.hosting.asynchronous.checks import TOPICS, async_mistakes
from stacks.hosting.asynchronous.prefixes import AsyncKind, async_prefix, checked_async_prefix
from stacks.hosting.autoscaling import Autoscaling, TargetValue
from stacks.hosting.instances.settings import InstanceHosting
from stacks.hosting.object_access import ObjectAccess
from stacks.hosting.way import Feature, HostedClass
from stacks.settings_common.base import SettingsModel
from stacks.settings_common.made import MADE
from stacks.settings_common.raw import Raw

_TOPIC_ARN = r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]+"  # SageMaker API, SnsTopicArn


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


Prefix = Annotated[str, AfterValidator(checked_async_prefix)]
Topic = Annotated[
    str,
    AfterValidator(_topic),
    Field(json_schema_extra={"anyOf": [{"const": MADE}, {"pattern": f"^{_TOPIC_ARN}$"}]}),
]


class BacklogAutoscaling(Autoscaling):
    """Instances of an asynchronous endpoint, by the requests that wait for each."""

    min_capacity: int = Field(default=0, ge=0)
    """The least number of instances; with 0 an idle endpoint has none, and a request starts one."""

    target_value: TargetValue = 5.0
    """How many requests wait for each instance."""

    scale_in_cooldown: int = Field(default=600, ge=0)
    """How long after removing instances no more are removed, in seconds."""


class AsyncThresholds(SettingsModel):
    """Its own thresholds of `observability.alarms`."""

    age_of_oldest_request_in_seconds: int | None = Field(default=900, ge=1, le=21600)
    """A request has waited longer than this; async."""


class AsyncHosting(InstanceHosting):
    """Requests wait in a queue, their bodies and answers lie in S3 (SageMaker API, AsyncInferenceConfig)."""

    has_queue: ClassVar[bool] = True
    # Amazon SageMaker AI Developer Guide, "Create a shadow test", and "Alarms and logs for tracking metrics from
    # asynchronous endpoints".
    excluded: ClassVar[frozenset[Feature]] = frozenset({"shadow"})
    unpublished: ClassVar[frozenset[str]] = frozenset({"OverheadLatency"})
    own_statements: ClassVar[Mapping[str, Explained]] = {
        "ReadAsyncInput": explained("hosting.type: async", "s3:GetObject"),
        "WriteAsyncOutput": explained("hosting.type: async", "s3:PutObject"),
        "NotifyOfAsync": explained("hosting.success_topic, hosting.error_topic", "sns:Publish"),
    }
    invocations: ClassVar[Mapping[str, str]] = {"InvokeAsync": "sagemaker:InvokeEndpointAsync"}
    topic_keys: ClassVar[tuple[str, ...]] = tuple(TOPICS)
    taken_prefixes: ClassVar[Mapping[str, str]] = {"async": "what asynchronous endpoints read and write"}

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

    @classmethod
    def in_stack(cls) -> HostedClass:
        """Return what writes it into a stack."""
        from stacks.hosting.asynchronous.endpoint import AsyncEndpoint  # noqa: PLC0415 (it imports the CDK)

        return AsyncEndpoint

    @classmethod
    def mistakes(cls, key: str, settings: Raw, region: str) -> Iterator[Mistake]:
        """Yield what no single value shows of instances, the queue and the topics."""
        yield from super().mistakes(key, settings, region)
        yield from async_mistakes(key, settings, region)

    @classmethod
    def default_prefixes(cls, endpoint: str) -> Mapping[str, str]:
        """Return where requests, answers and failures lie when the settings do not say."""
        kinds: tuple[AsyncKind, ...] = ("input", "output", "failure")
        return {f"{kind}_prefix": async_prefix(endpoint, kind) for kind in kinds}

    def key_prefix(self, endpoint: str, kind: AsyncKind) -> str:
        """Return the prefix of the keys of requests, answers or failures, which ends with a slash."""
        given = {"input": self.input_prefix, "output": self.output_prefix, "failure": self.failure_prefix}[kind]
        return f"{given or async_prefix(endpoint, kind)}/"

    def role_access(self, endpoint: str) -> tuple[ObjectAccess, ...]:
        """Let the execution role read requests, and write answers and failures: SageMaker does both with it.

        Source: Amazon SageMaker AI Developer Guide, "Asynchronous inference", *Complete the prerequisites*.
        """
        requests, answers = self._prefixes(endpoint)
        return (
            ObjectAccess("ReadAsyncInput", "s3:GetObject", requests),
            ObjectAccess("WriteAsyncOutput", "s3:PutObject", answers),
        )

    def caller_access(self, endpoint: str) -> tuple[ObjectAccess, ...]:
        """Let callers put requests into S3, and read answers and failures there."""
        requests, answers = self._prefixes(endpoint)
        return (
            ObjectAccess("WriteAsyncInput", "s3:PutObject", requests),
            ObjectAccess("ReadAsyncOutput", "s3:GetObject", answers),
        )

    def _prefixes(self, endpoint: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the prefixes of the requests, then those of answers and failures."""
        answers = (self.key_prefix(endpoint, "output"), self.key_prefix(endpoint, "failure"))
        return (self.key_prefix(endpoint, "input"),), answers
