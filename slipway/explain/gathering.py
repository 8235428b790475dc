"""Asks AWS for all that is known of an endpoint, one source after another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from slipway.explain.evidence import Evidence, Subject, Written, what_was_said
from slipway.explain.finding import Quote
from slipway.explain.sources.endpoint import ENDPOINT, LiveEndpoint, endpoint_name, is_in_s3, live_endpoint
from slipway.explain.sources.logs import LogGroup
from slipway.explain.sources.metrics import Metrics, alarms, metrics
from slipway.explain.sources.reading import Reading
from slipway.explain.sources.stack import EVENTS, StackOperation, last_operation, stack_resources
from slipway.explain.state import State, state_of
from stacks.names import LOG_GROUPS
from stacks.settings import EndpointSettings, EnvironmentSettings, ServerlessHosting

_S3_URL = re.compile(r"s3://[^\s\"',]*[^\s\"',.:;]")
_MOST_URLS = 3
_WITHOUT_PAST = {"Creating", "Failed"}  # SageMaker API, EndpointStatus: mostly it never answered a request
_LATE = timedelta(minutes=2)  # by which a line may be younger than the end of what it tells of
_SERVERLESS_ANSWER = 4 * 1024 * 1024  # bytes; SageMaker Developer Guide, "Serverless endpoint operations"
_INSTANCE_ANSWER = 6_291_456  # bytes; SageMaker Runtime API, InvokeEndpoint (Body)


class Gathering:
    """Reads what is known of one endpoint.

    Parameters
    ----------
    clients
        Makes boto3 clients.
    settings
        Of the environment.
    endpoint
        The endpoint's name in the settings.
    since, now
        The time whose requests are looked at.
    """

    def __init__(
        self,
        clients: Callable[[str], Any],
        settings: EnvironmentSettings,
        endpoint: str,
        *,
        since: datetime,
        now: datetime,
    ) -> None:
        self.reading = Reading()
        self._clients = clients
        self._since = since
        self._now = now
        name = endpoint_name(self.reading, clients, settings, endpoint)
        self._subject = Subject(
            environment=settings.name,
            region=settings.region,
            endpoint=endpoint,
            settings=settings.endpoints[endpoint],
            endpoint_name=name,
            stack=settings.names.endpoint_stack(endpoint),
            log_group=f"{LOG_GROUPS}{name}",
        )

    def evidence(self) -> Evidence:
        """Read every source; one that is refused is left out, and noted in `reading`."""
        subject, reading = self._subject, self.reading
        cloudformation, cloudwatch = self._clients("cloudformation"), self._clients("cloudwatch")
        live = live_endpoint(reading, self._clients("sagemaker"), subject.endpoint_name)
        operation = last_operation(reading, cloudformation, subject.stack)
        resources = stack_resources(reading, cloudformation, subject.stack)
        state = self._state(live, operation, resources.endpoint_config)
        variants = live.variants if live else ()
        measured = metrics(reading, cloudwatch, subject.endpoint_name, variants, (self._since, self._now))
        rollback_alarms = live.rollback_alarms if live else ()
        return Evidence(
            subject=subject,
            state=state,
            since=self._since,
            live=live,
            operation=operation,
            deployed_config=resources.endpoint_config,
            written=self._written(state, live, operation, measured),
            metrics=measured,
            alarms=alarms(reading, cloudwatch, (*rollback_alarms, *resources.alarms)),
            model_data=self._model_data(what_was_said(live, operation)),
        )

    def _state(
        self, live: LiveEndpoint | None, operation: StackOperation | None, deployed_config: str | None
    ) -> State:
        is_refused = self.reading.is_refused
        if live is None and (is_refused(ENDPOINT) or (operation is None and is_refused(EVENTS))):
            return "unknown"
        return state_of(live, operation, deployed_config)

    def _written(
        self, state: State, live: LiveEndpoint | None, operation: StackOperation | None, measured: Metrics
    ) -> Written:
        group = LogGroup(self.reading, self._clients("logs"), self._subject.log_group)
        serves = live is not None and live.status not in _WITHOUT_PAST
        failed = group.records("request_failed", self._since, self._now) if serves else ()
        ended = group.records("worker_ended", self._since, self._now) if serves else ()
        has_errors = measured.client_errors + measured.server_errors > 0
        most = _largest_answer(self._subject.settings)
        begin, end = self._time_of_trouble(state, live, operation)
        # Other servers than Slipway's write no such records: their own lines have to say why.
        is_unexplained = bool(measured.server_errors) and not failed and not ended
        if state == "in service":
            begin, end = self._since, None
        return Written(
            is_there=group.is_there,
            tails=group.tails(begin, end) if state != "in service" or is_unexplained else (),
            failed_requests=failed,
            ended_workers=ended,
            large_answers=group.answers_over(most, self._since) if has_errors else (),
        )

    def _time_of_trouble(
        self, state: State, live: LiveEndpoint | None, operation: StackOperation | None
    ) -> tuple[datetime, datetime | None]:
        """Return from when to when a deployment went wrong; None for up to now."""
        if operation and (operation.has_failed or operation.ended is None or state == "rolled back"):
            return operation.began, operation.ended + _LATE if operation.ended else None
        if live is None:
            return self._since, None
        return (live.began if live.status in _WITHOUT_PAST else live.changed), None

    def _model_data(self, said: Iterable[Quote]) -> dict[str, bool | None]:
        """Look in S3 for what AWS says that it cannot read."""
        urls = list(dict.fromkeys(url for quote in said for url in _S3_URL.findall(quote.text)))
        return {url: is_in_s3(self.reading, self._clients("s3"), url) for url in urls[:_MOST_URLS]}


def _largest_answer(endpoint: EndpointSettings) -> int:
    return _SERVERLESS_ANSWER if isinstance(endpoint.hosting, ServerlessHosting) else _INSTANCE_ANSWER
