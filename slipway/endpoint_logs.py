"""What the containers of endpoints write to their log groups, as it comes."""

from __future__ import annotations

import functools
import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from slipway.log_group_reader import LogGroupReader
from slipway.patience import Patience
from stacks.names import LOG_GROUPS, Names
from stacks.settings import mode_patterns


@dataclass(frozen=True)
class LogEvent:
    """One line.

    Parameters
    ----------
    endpoint
        The endpoint's name in the settings.
    group, stream
        Where it was written. SageMaker names a stream `<variant>/<instance>`.
    timestamp
        In milliseconds since 1970.
    message
        The line, without its end.
    """

    endpoint: str
    group: str
    stream: str
    timestamp: int
    message: str


class EndpointLogs:
    """Reads on where it stopped, in every log group that the endpoints have at the time.

    Parameters
    ----------
    logs
        A boto3 client.
    names
        Of the environment.
    endpoints
        Their names in the settings.
    since
        From when on, in milliseconds since 1970.
    say
        Hears when CloudWatch Logs limits the rate of requests, or cannot be reached.
    outlasts_connections
        Whether a connection that was there before is waited for.
    pause
        Waits for so many seconds.
    """

    def __init__(
        self,
        logs: Any,
        names: Names,
        endpoints: Sequence[str],
        since: int,
        *,
        say: Callable[[str], None],
        outlasts_connections: bool = False,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._logs = logs
        self._names = names
        self._endpoints = endpoints
        self._patience = Patience(say, pause, outlasts_connections=outlasts_connections)
        self._new_reader = functools.partial(LogGroupReader, logs, since=since, patience=self._patience)
        self._readers: dict[str, LogGroupReader] = {}
        self.groups: dict[str, str] = {}
        """The log groups that were there the last time, each with its endpoint."""

    @property
    def missing(self) -> list[str]:
        """The endpoints that had no log group the last time."""
        return [endpoint for endpoint in self._endpoints if endpoint not in self.groups.values()]

    def new_events(self) -> Iterator[LogEvent]:
        """Yield what came since the last call, all endpoints together in the order of time."""
        self.groups = self._patience.call(lambda: log_groups(self._logs, self._names, self._endpoints))
        yield from heapq.merge(
            *(self._events(group, endpoint) for group, endpoint in self.groups.items()),
            key=lambda event: event.timestamp,
        )

    def _events(self, group: str, endpoint: str) -> Iterator[LogEvent]:
        reader = self._readers.setdefault(group, self._new_reader(group))
        for event in reader.new_events():
            message = event["message"].rstrip("\n")
            yield LogEvent(endpoint, group, event["logStreamName"], event["timestamp"], message)


def log_groups(logs: Any, names: Names, endpoints: Sequence[str]) -> dict[str, str]:
    """Return the log groups that endpoints have, each with its endpoint.

    An endpoint has two while it moves to another mode of hosting.

    Parameters
    ----------
    logs
        A boto3 client.
    names
        Of the environment.
    endpoints
        Their names in the settings.
    """
    patterns = {
        f"{LOG_GROUPS}{pattern}": endpoint
        for endpoint in endpoints
        for pattern in names.endpoint_patterns(endpoint, mode_patterns())
    }
    common = f"{endpoints[0]}-" if len(endpoints) == 1 else ""
    found = {
        group: next((endpoint for pattern, endpoint in patterns.items() if fnmatchcase(group, pattern)), None)
        for group in _names_of_groups(logs, f"{LOG_GROUPS}{names.prefix}-{common}")
    }
    return {group: endpoint for group, endpoint in found.items() if endpoint}


def _names_of_groups(logs: Any, prefix: str) -> Iterator[str]:
    more: dict[str, str] = {}
    while True:
        page = logs.describe_log_groups(logGroupNamePrefix=prefix, **more)
        yield from (group["logGroupName"] for group in page["logGroups"])
        if not page.get("nextToken"):
            return
        more = {"nextToken": page["nextToken"]}
