"""What the containers of a training job write, as it comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
"""Where SageMaker puts the logs of all training jobs, a stream for each host."""


class JobLogs:
    """Reads on where it stopped.

    Parameters
    ----------
    logs
        A boto3 client.
    job
        The training job's name.
    """

    def __init__(self, logs: Any, job: str) -> None:
        self._logs = logs
        self._job = job
        self._next: dict[str, str] = {}

    def new_lines(self) -> Iterator[str]:
        """Yield what came since the last call; where there are several hosts, each line with its host."""
        streams = self._streams()
        for stream in streams:
            host = stream.removeprefix(f"{self._job}/").split("-1")[0] if len(streams) > 1 else ""
            for message in self._messages(stream):
                yield f"{host}: {message}" if host else message

    def _streams(self) -> list[str]:
        try:
            pages = self._logs.get_paginator("describe_log_streams").paginate(
                logGroupName=LOG_GROUP, logStreamNamePrefix=f"{self._job}/"
            )
            return [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
        except self._logs.exceptions.ResourceNotFoundException:  # no job of this account has written yet
            return []

    def _messages(self, stream: str) -> Iterator[str]:
        while True:
            token = self._next.get(stream)
            more = {"nextToken": token} if token else {}
            page = self._logs.get_log_events(
                logGroupName=LOG_GROUP, logStreamName=stream, startFromHead=True, **more
            )
            yield from (event["message"] for event in page["events"])
            self._next[stream] = page["nextForwardToken"]
            if page["nextForwardToken"] == token or not page["events"]:
                return
