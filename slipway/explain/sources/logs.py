"""What the containers wrote: the ends of the newest log streams, and the lines of failed requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slipway.explain.sources.reading import Reading

GROUP = "CloudWatch Logs, DescribeLogStreams"
_STREAMS = 5
_LOOKED_AT = 50  # streams; a page has no more
_TAIL = 300  # lines of each
_FAILURES = 1000  # of each kind
_PAGES = 20  # of a search; a page may be empty and others follow
_SPANS = (timedelta(minutes=10), timedelta(hours=1))
"""How far back failures are looked for first, since CloudWatch Logs finds the oldest first."""
_NO_GROUP = "resourcenotfound"


@dataclass(frozen=True)
class LogLine:
    """One line of a container.

    Parameters
    ----------
    stream
        Its log stream, `<variant>/<instance>`.
    timestamp
        In milliseconds since 1970.
    text
        Without its end.
    """

    stream: str
    timestamp: int
    text: str

    @property
    def record(self) -> dict[str, Any] | None:
        """The JSON object that the line is, as Slipway's servers write them; None for other text."""
        if not self.text.startswith("{"):
            return None
        try:
            found = json.loads(self.text)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None


class LogGroup:
    """The log group of an endpoint.

    Parameters
    ----------
    reading
        Makes the requests.
    logs
        A boto3 client.
    name
        Of the log group.
    """

    def __init__(self, reading: Reading, logs: Any, name: str) -> None:
        self._reading = reading
        self._logs = logs
        self.name = name
        found = reading.read(GROUP, self._newest_streams, None, _NO_GROUP)
        self.is_there: bool | None = None if reading.is_refused(GROUP) else found is not None
        """None where CloudWatch Logs does not tell."""
        self.streams: tuple[str, ...] = tuple(found or ())
        """The newest streams, the newest first."""

    def tails(self, begin: datetime, end: datetime | None) -> tuple[LogLine, ...]:
        """Read the ends of the newest streams, each in its order (CloudWatch Logs API, GetLogEvents).

        Parameters
        ----------
        begin, end
            Lines from outside of this time are left out; None for up to now.
        """
        return tuple(line for stream in self.streams for line in self._tail(stream, begin, end))

    def records(self, event: str, begin: datetime, now: datetime) -> tuple[LogLine, ...]:
        """Find the newest records of one kind that Slipway's servers wrote.

        Parameters
        ----------
        event
            Of the record, such as `request_failed`.
        begin, now
            From when to when.
        """
        if not self.is_there:
            return ()
        for start in [*(now - span for span in _SPANS if now - span > begin), begin]:
            found = self._search(f'"{event}"', start)
            kept = [line for line in found if (line.record or {}).get("event") == event]
            if kept:
                return tuple(kept[-_FAILURES:])
        return ()

    def answers_over(self, size: int, begin: datetime) -> tuple[LogLine, ...]:
        """Find the records of answers that are larger than so many bytes."""
        if not self.is_there:
            return ()
        found = self._search(f'{{ $.event = "request" && $.bytes_out > {size} }}', begin)
        return tuple(line for line in found if (line.record or {}).get("bytes_out", 0) > size)

    def _tail(self, stream: str, begin: datetime, end: datetime | None) -> list[LogLine]:
        until = {"endTime": _milliseconds(end)} if end else {}
        found: list[dict[str, Any]] = self._reading.read(
            "CloudWatch Logs, GetLogEvents",
            lambda: self._logs.get_log_events(
                logGroupName=self.name,
                logStreamName=stream,
                startTime=_milliseconds(begin),
                limit=_TAIL,
                startFromHead=False,
                **until,
            )["events"],
            [],
            _NO_GROUP,
        )
        return [LogLine(stream, one["timestamp"], one["message"].rstrip("\n")) for one in found]

    def _search(self, pattern: str, begin: datetime) -> list[LogLine]:
        return self._reading.read(
            "CloudWatch Logs, FilterLogEvents", lambda: list(self._found(pattern, begin)), [], _NO_GROUP
        )

    def _found(self, pattern: str, begin: datetime) -> Iterator[LogLine]:
        more: dict[str, str] = {}
        for _ in range(_PAGES):
            page = self._logs.filter_log_events(
                logGroupName=self.name, filterPattern=pattern, startTime=_milliseconds(begin), **more
            )
            for event in page["events"]:
                yield LogLine(event["logStreamName"], event["timestamp"], event["message"].rstrip("\n"))
            if not page.get("nextToken"):
                return
            more = {"nextToken": page["nextToken"]}

    def _newest_streams(self) -> list[str]:
        """Return the names of streams that are new or were written to last.

        CloudWatch Logs may know the time of the last event an hour late (API, LogStream, lastEventTimestamp).
        """
        page = self._logs.describe_log_streams(
            logGroupName=self.name, orderBy="LastEventTime", descending=True, limit=_LOOKED_AT
        )
        newest = sorted(page["logStreams"], key=_last_sign, reverse=True)
        return [stream["logStreamName"] for stream in newest[:_STREAMS]]


def _last_sign(stream: dict[str, Any]) -> int:
    return max(int(stream.get("creationTime", 0)), int(stream.get("lastEventTimestamp", 0)))


def _milliseconds(when: datetime) -> int:
    return int(when.timestamp() * 1000)
