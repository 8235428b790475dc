"""`slipway logs`: which lines of which log groups, each once, however CloudWatch Logs hands them out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from slipway.commands import logs as logs_module
from slipway.endpoint_logs import EndpointLogs
from slipway.environments import ENVIRONMENTS_VARIABLE
from slipway.errors import CommandError
from slipway.since import parse_since
from stacks.names import Names

from .answering_aws import AnsweringAws, RefusalError

SETTINGS = """
account: "000000000000"
region: us-east-1
endpoints:
  linear: {model: linear, container: slim, hosting: {type: serverless}}
  other: {model: linear, container: slim, hosting: {type: serverless}}
"""
ENDPOINTS = "/aws/sagemaker/Endpoints/"
GROUP = f"{ENDPOINTS}slipway-local-linear-serverless"
NAMES = Names("slipway", "local", "000000000000", "us-east-1")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class LogGroups:
    """CloudWatch Logs with some events, handed out in pages."""

    def __init__(self, page: int = 1000) -> None:
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.page = page
        self.refusals: list[Exception] = []
        self.unreachable: Exception | None = None
        self.aws = AnsweringAws(DescribeLogGroups=self._groups, FilterLogEvents=self._events)

    def add(self, message: str, *, group: str = GROUP, at: int = 1000, stream: str = "AllTraffic/i-0") -> None:
        events = self.events.setdefault(group, [])
        event_id = f"{group}:{len(events)}"
        events.append({"eventId": event_id, "timestamp": at, "message": message, "logStreamName": stream})

    def reader(self, *endpoints: str, **options: Any) -> EndpointLogs:
        return EndpointLogs(self.aws("logs"), NAMES, endpoints or ["linear"], 0, **{"say": print, **options})

    def _groups(self, asked: dict[str, Any]) -> dict[str, Any]:
        if self.unreachable:
            raise self.unreachable
        found = sorted(group for group in self.events if group.startswith(asked["logGroupNamePrefix"]))
        first, *rest = found[int(asked.get("nextToken", 0)) :] or [None]
        more = {"nextToken": str(found.index(rest[0]))} if rest else {}
        return {"logGroups": [{"logGroupName": first}] if first else [], **more}

    def _events(self, asked: dict[str, Any]) -> dict[str, Any]:
        if self.refusals:
            raise self.refusals.pop(0)
        if asked["logGroupName"] not in self.events:
            raise RefusalError("ResourceNotFoundException")
        events = sorted(self.events[asked["logGroupName"]], key=lambda event: event["timestamp"])
        wanted = [event for event in events if event["timestamp"] >= asked["startTime"]]
        begin = int(asked.get("nextToken", 0))
        more = {"nextToken": str(begin + self.page)} if begin + self.page < len(wanted) else {}
        return {"events": wanted[begin : begin + self.page], **more}


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> LogGroups:
    (tmp_path / "local.yaml").write_text(SETTINGS)
    monkeypatch.setenv(ENVIRONMENTS_VARIABLE, str(tmp_path))
    made = LogGroups()
    monkeypatch.setattr(logs_module, "connect", lambda settings: made.aws)
    return made


def now() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


class TestReading:
    def test_all_pages_are_read_and_each_line_once(self) -> None:
        groups = LogGroups(page=2)
        for number in range(5):
            groups.add(f"line {number}", at=number)
        reader = groups.reader()
        assert [event.message for event in reader.new_events()] == [f"line {number}" for number in range(5)]
        assert list(reader.new_events()) == []

    def test_lines_of_one_millisecond_are_all_read(self) -> None:
        groups = LogGroups()
        reader = groups.reader()
        groups.add("one")
        assert [event.message for event in reader.new_events()] == ["one"]
        groups.add("two")
        groups.add("two")
        assert [event.message for event in reader.new_events()] == ["two", "two"]

    def test_a_line_that_arrives_late_is_read(self) -> None:
        groups = LogGroups()
        reader = groups.reader()
        groups.add("young", at=1_000_000)
        list(reader.new_events())
        groups.add("late", at=1_000_000 - 20_000, stream="AllTraffic/i-1")
        assert [event.message for event in reader.new_events()] == ["late"]

    def test_too_many_requests_are_waited_for_longer_and_longer_and_nothing_is_lost(self) -> None:
        groups = LogGroups(page=1)
        groups.add("one", at=1)
        groups.add("two", at=2)
        waits: list[float] = []
        said: list[str] = []
        reader = groups.reader(say=said.append, pause=waits.append)
        events = reader.new_events()
        assert next(events).message == "one"
        groups.refusals = [RefusalError("ThrottlingException")] * 7
        assert [event.message for event in events] == ["two"]
        assert waits == [1, 2, 4, 8, 16, 30, 30]
        assert "limits the rate" in said[0]

    def test_a_connection_that_is_lost_is_waited_for_by_one_who_follows_and_nothing_is_lost(self) -> None:
        groups = LogGroups(page=1)
        groups.add("one", at=1)
        groups.add("two", at=2)
        waits: list[float] = []
        said: list[str] = []
        reader = groups.reader(say=said.append, pause=waits.append, outlasts_connections=True)
        events = reader.new_events()
        assert next(events).message == "one"
        groups.refusals = [EndpointConnectionError(endpoint_url="http://x"), ReadTimeoutError(endpoint_url="x")]
        assert [event.message for event in events] == ["two"]
        assert waits == [1, 2]
        assert 'Could not connect to the endpoint URL: "http://x": going on in 1 s' in said[0]

    def test_a_connection_that_was_never_there_is_not_waited_for(self) -> None:
        groups = LogGroups()
        groups.unreachable = EndpointConnectionError(endpoint_url="http://x")
        with pytest.raises(EndpointConnectionError):
            list(groups.reader(outlasts_connections=True).new_events())

    def test_one_who_does_not_follow_does_not_wait_for_a_connection(self) -> None:
        groups = LogGroups()
        groups.add("one")
        groups.refusals = [EndpointConnectionError(endpoint_url="http://x")]
        with pytest.raises(EndpointConnectionError):
            list(groups.reader().new_events())

    def test_another_refusal_is_not_waited_for(self) -> None:
        groups = LogGroups()
        groups.add("one")
        groups.refusals = [RefusalError("AccessDeniedException")]
        reader = groups.reader()
        with pytest.raises(Exception, match="AccessDenied"):
            list(reader.new_events())

    def test_an_endpoint_that_moves_to_another_mode_has_both_groups_in_the_order_of_time(self) -> None:
        groups = LogGroups()
        groups.add("old", at=1)
        groups.add("new", at=2, group=f"{ENDPOINTS}slipway-local-linear-real-time-c7i-large")
        groups.add("last", at=3)
        groups.add("another's", group=f"{ENDPOINTS}slipway-local-linear-two-serverless")
        assert [event.message for event in groups.reader().new_events()] == ["old", "new", "last"]

    def test_a_group_that_goes_and_one_that_comes(self) -> None:
        groups = LogGroups()
        reader = groups.reader("linear", "other")
        groups.add("one")
        assert [event.endpoint for event in reader.new_events()] == ["linear"]
        assert reader.missing == ["other"]
        del groups.events[GROUP]
        groups.add("two", group=f"{ENDPOINTS}slipway-local-other-serverless")
        assert [event.endpoint for event in reader.new_events()] == ["other"]
        assert reader.missing == ["linear"]


class TestCommand:
    def test_a_line_says_when_and_which_variant_and_instance_wrote_it(
        self, slipway: Callable[..., Any], groups: LogGroups
    ) -> None:
        at = now()
        groups.add("ready\n", at=at, stream="AllTraffic/i-7")
        ran = slipway("logs", "linear")
        when = datetime.fromtimestamp(at / 1000, UTC)
        assert (ran.status, ran.text) == (0, f"{when:%Y-%m-%dT%H:%M:%S}.{at % 1000:03}Z [AllTraffic/i-7] ready\n")

    def test_what_a_terminal_would_act_on_is_shown_and_not_done(
        self, slipway: Callable[..., Any], groups: LogGroups
    ) -> None:
        groups.add("\x1b[2Jone\r\ttwo\nthree é", at=now())
        ran = slipway("logs", "linear")
        assert ran.text.endswith("] \\x1b[2Jone\\r\ttwo\nthree é\n")
        (event,) = json.loads(slipway("logs", "linear", "--json").text)
        assert event["message"] == "\x1b[2Jone\r\ttwo\nthree é"

    def test_only_what_is_new_enough(self, slipway: Callable[..., Any], groups: LogGroups) -> None:
        groups.add("old", at=now() - 700_000)
        groups.add("young", at=now() - 1000)
        assert [line.split()[-1] for line in slipway("logs", "linear").text.splitlines()] == ["young"]
        assert len(slipway("logs", "linear", "--since", "1h").text.splitlines()) == 2

    def test_without_a_line_it_says_how_to_look_further_back(
        self, slipway: Callable[..., Any], groups: LogGroups
    ) -> None:
        groups.events[GROUP] = []
        ran = slipway("logs", "linear")
        assert (ran.status, ran.text) == (0, "")
        assert "--since" in ran.errors

    def test_without_an_endpoint_all_are_shown_each_line_with_its_own(
        self, slipway: Callable[..., Any], groups: LogGroups
    ) -> None:
        groups.add("one", at=now())
        ran = slipway("logs")
        assert "[linear/AllTraffic/i-0] one" in ran.text
        assert "'other' is not deployed" in ran.errors

    @pytest.mark.parametrize("options", [[], ["-f"], ["--json"], ["--json", "-f"]])
    def test_without_endpoints_there_is_no_line(
        self, slipway: Callable[..., Any], groups: LogGroups, tmp_path: Path, options: list[str]
    ) -> None:
        (tmp_path / "local.yaml").write_text(f"{SETTINGS.partition('endpoints:')[0]}endpoints: {{}}\n")
        ran = slipway("logs", *options)
        assert (ran.status, ran.text) == (0, "[]\n" if options == ["--json"] else "")
        assert ran.errors == "Environment local has no endpoints\n"
        assert "has no endpoint 'linear'" in slipway("logs", "linear", *options).error()

    @pytest.mark.parametrize("options", [[], ["--json"]], ids=["plain", "--json"])
    def test_one_that_is_not_deployed_is_a_mistake(
        self, slipway: Callable[..., Any], groups: LogGroups, options: list[str]
    ) -> None:
        assert "'linear' is not deployed in environment local" in slipway("logs", "linear", *options).error()

    def test_json_is_one_array(self, slipway: Callable[..., Any], groups: LogGroups) -> None:
        groups.add("[1, 2]", at=now())
        (event,) = json.loads(slipway("logs", "linear", "--json").text)
        assert event.pop("timestamp").endswith("Z")
        assert event == {"endpoint": "linear", "group": GROUP, "stream": "AllTraffic/i-0", "message": "[1, 2]"}

    @pytest.mark.parametrize("options", [[], ["--json"]], ids=["plain", "--json"])
    def test_following_goes_on_until_ctrl_c_with_each_line_once(
        self,
        slipway: Callable[..., Any],
        groups: LogGroups,
        monkeypatch: pytest.MonkeyPatch,
        options: list[str],
    ) -> None:
        looks: list[float] = []

        def pause(seconds: float) -> None:
            looks.append(seconds)
            if len(looks) == 3:
                raise KeyboardInterrupt
            groups.add(f"line {len(looks)}", at=now())

        monkeypatch.setattr(logs_module, "pause", pause)
        ran = slipway("logs", "linear", "-f", *options)
        assert ran.status == 130
        assert "Traceback" not in ran.errors
        assert "'linear' is not deployed in environment local: waiting for it" in ran.errors
        lines = ran.text.splitlines()
        messages = [json.loads(line)["message"] for line in lines] if options else [line[-6:] for line in lines]
        assert messages == ["line 1", "line 2"]


class TestSince:
    @pytest.mark.parametrize(
        ("text", "ago"),
        [
            ("30s", timedelta(seconds=30)),
            ("10m", timedelta(minutes=10)),
            ("2h", timedelta(hours=2)),
            ("7d", timedelta(days=7)),
            ("1w", timedelta(weeks=1)),
            ("2026-11-21T11:00:00Z", timedelta(hours=1)),
            ("2026-11-21T12:30:00+01:00", timedelta(minutes=30)),
        ],
    )
    def test_a_time(self, text: str, ago: timedelta) -> None:
        assert parse_since(text, NOW) == NOW - ago

    @pytest.mark.parametrize("text", ["", "10", "m", "ten minutes", "-5m", "1.5h", "9999999999w", "2026-13-01"])
    def test_what_is_no_time_is_refused_with_what_is(self, text: str) -> None:
        with pytest.raises(CommandError, match="as in 10m"):
            parse_since(text, NOW)
