"""A container's output on its way to the log group."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest

from local_aws.sagemaker.container_logs import ContainerLogs

WAIT = 60


class Client:
    """A client of CloudWatch Logs; it refuses what it has."""

    class exceptions:  # noqa: N801 - boto3's name
        class ResourceAlreadyExistsException(Exception):  # noqa: N818 - boto3's name
            pass

    def __init__(self, existing: set[str] = frozenset(), failure: Exception | None = None) -> None:
        self.existing = set(existing)
        self.failure = failure
        self.made: list[str] = []
        self.events: list[dict[str, Any]] = []
        self.batches: list[int] = []

    def create_log_group(self, **names: str) -> None:
        self._make(names["logGroupName"])

    def create_log_stream(self, **names: str) -> None:
        self._make(names["logStreamName"])

    def _make(self, name: str) -> None:
        if name in self.existing:
            raise self.exceptions.ResourceAlreadyExistsException
        self.made.append(name)

    def put_log_events(self, **request: Any) -> None:
        self.batches.append(len(request["logEvents"]))
        if self.failure:
            raise self.failure
        self.events += request["logEvents"]


class Pipe:
    """What a container writes to."""

    def __init__(self) -> None:
        reading, self._writing = os.pipe()
        self.reading = os.fdopen(reading, "rb")

    def write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._writing, data) :]

    def close(self) -> None:
        os.close(self._writing)


def follow(output: bytes, client: Client) -> ContainerLogs:
    pipe = Pipe()
    logs = ContainerLogs(pipe.reading, client, "group", "stream")
    writing = threading.Thread(target=lambda: (pipe.write(output), pipe.close()))
    writing.start()
    writing.join(WAIT)
    logs.finish(WAIT)
    pipe.reading.close()
    return logs


def messages(client: Client) -> list[str]:
    return [event["message"] for event in client.events]


def test_lines_arrive_in_order_with_their_time() -> None:
    client = Client()

    logs = follow(b"one\ntwo\nlast without an end", client)

    assert client.made == ["group", "stream"]
    assert messages(client) == logs.last_lines == ["one", "two", "last without an end"]
    times = [event["timestamp"] for event in client.events]
    assert times == sorted(times)
    assert times[0] > 1_600_000_000_000  # milliseconds


def test_a_group_and_a_stream_that_exist_are_used() -> None:
    client = Client({"group", "stream"})

    follow(b"line\n", client)

    assert messages(client) == ["line"]


def test_what_is_no_text_arrives_all_the_same() -> None:
    client = Client()

    follow(b"\xff\xfe\n\nlong " + b"x" * 200_000 + b"\n", client)

    first, empty, long = messages(client)
    assert first == "\ufffd\ufffd"
    assert empty == " "  # CloudWatch Logs refuses events without a character
    assert 1000 < len(long) < 262_144  # bytes that one event may have


def test_only_the_newest_lines_are_kept_and_all_are_shipped() -> None:
    client = Client()

    logs = follow(b"".join(b"%d\n" % number for number in range(3000)), client)

    assert messages(client) == [str(number) for number in range(3000)]
    assert logs.last_lines[-1] == "2999"
    assert len(logs.last_lines) < 1000
    assert max(client.batches) <= 10_000  # events that one call may have


def test_a_container_is_not_held_up_by_a_group_that_is_gone(client_error: Any) -> None:
    client = Client(failure=client_error("ResourceNotFoundException"))

    logs = follow(b"one\ntwo\n", client)

    assert logs.last_lines == ["one", "two"]


def test_a_note_stands_among_the_lines() -> None:
    client = Client()
    pipe = Pipe()
    logs = ContainerLogs(pipe.reading, client, "group", "stream")
    logs.note("said by SageMaker")
    pipe.close()
    logs.finish(WAIT)
    pipe.reading.close()

    assert messages(client) == ["said by SageMaker"]


@pytest.mark.parametrize("output", [b"", b"\n"])
def test_no_output_is_no_error(output: bytes) -> None:
    assert len(follow(output, Client()).last_lines) == len(output)
