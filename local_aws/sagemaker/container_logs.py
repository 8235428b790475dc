"""Brings the output of a container to the endpoint's log group."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError

_BATCH = 500
_KEPT_LINES = 200
_LONGEST_LINE = 100_000  # characters; CloudWatch Logs takes events of up to 1 MB


class ContainerLogs:
    """Copies a container's output, line by line, to a log stream, and keeps its last lines.

    Parameters
    ----------
    output
        The pipe that the container writes to.
    logs
        A client of CloudWatch Logs.
    group, stream
        Where the lines go. SageMaker writes to ``/aws/sagemaker/Endpoints/<endpoint>``, a stream per instance.
    """

    def __init__(self, output: IO[bytes], logs: Any, group: str, stream: str) -> None:
        self._output = output
        self._logs = logs
        self._group = group
        self._stream = stream
        self._lines: queue.SimpleQueue[tuple[int, str] | None] = queue.SimpleQueue()
        self._last: deque[str] = deque(maxlen=_KEPT_LINES)
        self._threads = [
            threading.Thread(target=target, name=f"logs {stream}", daemon=True)
            for target in (self._read, self._ship)
        ]
        self._create_stream()
        for thread in self._threads:
            thread.start()

    def note(self, line: str) -> None:
        """Add a line of SageMaker's own."""
        self._add(line)

    def finish(self, timeout: float = 10) -> None:
        """Wait, at most ``timeout`` seconds, until the container's whole output is in the log group."""
        for thread in self._threads:
            thread.join(timeout)

    @property
    def last_lines(self) -> list[str]:
        """The newest lines of output."""
        return list(self._last)

    def _create_stream(self) -> None:
        """Make the stream. The group is made only here, never by a late line after its deletion."""
        for make, names in (
            (self._logs.create_log_group, {"logGroupName": self._group}),
            (self._logs.create_log_stream, {"logGroupName": self._group, "logStreamName": self._stream}),
        ):
            try:
                make(**names)
            except self._logs.exceptions.ResourceAlreadyExistsException:
                continue

    def _read(self) -> None:
        for line in self._output:
            self._add(line.decode(errors="replace").rstrip("\n"))
        self._lines.put(None)

    def _add(self, line: str) -> None:
        self._last.append(line)
        self._lines.put((int(time.time() * 1000), line[:_LONGEST_LINE] or " "))

    def _ship(self) -> None:
        finished = False
        while not finished:
            batch = [self._lines.get()]
            while len(batch) < _BATCH and not self._lines.empty():
                batch.append(self._lines.get())
            finished = None in batch
            events = [{"timestamp": entry[0], "message": entry[1]} for entry in batch if entry]
            if events:
                self._put(events)

    def _put(self, events: list[dict[str, Any]]) -> None:
        try:
            self._logs.put_log_events(logGroupName=self._group, logStreamName=self._stream, logEvents=events)
        except (BotoCoreError, ClientError):
            # The group was deleted, or the server is going down: as on AWS, the lines are lost then.
            return
