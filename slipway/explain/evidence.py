"""All that is known of an endpoint, for the causes to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from slipway.explain.finding import Quote
from slipway.explain.sources.endpoint import LiveEndpoint
from slipway.explain.sources.logs import LogLine
from slipway.explain.sources.metrics import Alarm, Metrics
from slipway.explain.sources.stack import StackOperation
from slipway.explain.state import State
from stacks.settings import EndpointSettings


@dataclass(frozen=True)
class Subject:
    """The endpoint that is asked about.

    Parameters
    ----------
    environment, region
        Where it is.
    endpoint, settings
        Its name in the settings, and what they say of it.
    endpoint_name
        Its name in SageMaker, now or by the next deployment.
    stack, log_group
        The names of its stack and its log group.
    """

    environment: str
    region: str
    endpoint: str
    settings: EndpointSettings
    endpoint_name: str
    stack: str
    log_group: str


@dataclass(frozen=True)
class Written:
    """What the containers wrote to the log group.

    Parameters
    ----------
    is_there
        Whether there is the log group; None where CloudWatch Logs does not tell.
    tails
        The ends of the newest streams, from the time of what went wrong.
    failed_requests, ended_workers, large_answers
        Records of Slipway's servers, the oldest first: of requests that were not answered 2xx, of processes that
        held the model, and of answers that SageMaker does not pass on.
    """

    is_there: bool | None = None
    tails: tuple[LogLine, ...] = ()
    failed_requests: tuple[LogLine, ...] = ()
    ended_workers: tuple[LogLine, ...] = ()
    large_answers: tuple[LogLine, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What the sources told.

    Parameters
    ----------
    subject
        The endpoint.
    state
        How it is.
    since
        Whose requests are looked at: those since then.
    live
        The endpoint as SageMaker has it; None where it does not, or does not tell.
    operation
        What CloudFormation did last to its stack; None where that is not known.
    deployed_config
        The endpoint config of the stack, in lower case.
    written
        By the containers.
    metrics
        Of the requests.
    alarms
        That watch the endpoint.
    model_data
        Whether what AWS could not read is in S3, by its URL; None where S3 does not tell.
    """

    subject: Subject
    state: State
    since: datetime
    live: LiveEndpoint | None = None
    operation: StackOperation | None = None
    deployed_config: str | None = None
    written: Written = Written()
    metrics: Metrics = field(default_factory=Metrics)
    alarms: tuple[Alarm, ...] = ()
    model_data: Mapping[str, bool | None] = field(default_factory=dict)

    @property
    def said(self) -> tuple[Quote, ...]:
        """What CloudFormation and SageMaker say of what went wrong, the first failure first."""
        return what_was_said(self.live, self.operation)

    @property
    def lines(self) -> Iterator[Quote]:
        """The lines that the containers wrote last."""
        return (Quote(line.stream, line.text) for line in self.written.tails)


def what_was_said(live: LiveEndpoint | None, operation: StackOperation | None) -> tuple[Quote, ...]:
    """Return the reasons that AWS gives, as `Evidence.said`."""
    failures = operation.failures if operation and operation.has_failed else ()
    quotes = [Quote(f"CloudFormation, {one.logical_id}", one.reason) for one in failures]
    if live and live.failure_reason:
        quotes.append(Quote("SageMaker, FailureReason", live.failure_reason))
    return tuple(quotes)
