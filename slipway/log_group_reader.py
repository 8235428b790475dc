"""Reads a log group on and on, with no line left out and none twice."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from slipway.patience import Patience

_LATE = 30_000
"""Milliseconds by which a line may arrive later than a younger one of another stream."""

_LARGEST_PAGE = 10_000  # CloudWatch Logs API, FilterLogEvents (limit)


class LogGroupReader:
    """Reads on where it stopped.

    Parameters
    ----------
    logs
        A boto3 client.
    group
        The log group's name.
    since
        From when on, in milliseconds since 1970.
    patience
        Sends the requests.
    """

    def __init__(self, logs: Any, group: str, since: int, *, patience: Patience) -> None:
        self._logs = logs
        self._group = group
        self._since = self._newest = since
        self._patience = patience
        self._seen: dict[str, int] = {}

    def new_events(self) -> Iterator[dict[str, Any]]:
        """Yield the events that came since the last call, in the order in which CloudWatch Logs has them.

        Notes
        -----
        Source: CloudWatch Logs API, FilterLogEvents. A page may be empty and others follow; an `eventId` is an
        event's for ever.
        """
        start = max(self._since, self._newest - _LATE)
        self._seen = {event: when for event, when in self._seen.items() if when >= start}
        while True:
            fresh = size = 0
            for page in self._pages(start):
                size = len(page)
                for event in page:
                    if event["eventId"] not in self._seen:
                        fresh += 1
                        self._seen[event["eventId"]] = event["timestamp"]
                        self._newest = max(self._newest, event["timestamp"])
                        yield event
            if size < _LARGEST_PAGE or not fresh:
                return
            start = self._newest  # a full page may be the last one for which there was room

    def _pages(self, start: int) -> Iterator[list[dict[str, Any]]]:
        more: dict[str, str] = {}
        while page := self._page(startTime=start, **more):
            yield page["events"]
            if not page.get("nextToken"):
                return
            more = {"nextToken": page["nextToken"]}

    def _page(self, **wanted: Any) -> dict[str, Any] | None:
        """Return a page of events; None where the log group has gone."""
        ask = partial(self._logs.filter_log_events, logGroupName=self._group, **wanted)
        try:
            page: dict[str, Any] = self._patience.call(ask)
        except self._logs.exceptions.ResourceNotFoundException:
            return None
        return page
