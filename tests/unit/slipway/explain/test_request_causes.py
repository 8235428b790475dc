"""`slipway explain` on an endpoint that is in service: its failed requests, by their records and by metrics."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import NAME, NOW, STREAM, RecordedAws, Refusal

Slipway = Callable[..., Any]


def record(event: str, **members: Any) -> str:
    """A line of the log, as the servers write it."""
    return json.dumps({"time": "2026-01-01T00:00:00.000Z", "level": "ERROR", "event": event, **members})


def failure(status: int, reason: str, **members: Any) -> str:
    return record("request_failed", request_id="r-1", status=status, reason=reason, **members)


def causes(slipway: Slipway, status: int = 1) -> dict[str, dict[str, Any]]:
    ran = slipway("explain", "linear", "--json")
    assert (ran.status, ran.errors) == (status, ""), ran
    return {finding["cause"]: finding for finding in json.loads(ran.text)["findings"]}


def test_a_healthy_endpoint_is_told_in_one_line(slipway: Slipway, recorded: RecordedAws) -> None:
    recorded.measured(Invocations=12)
    ran = slipway("explain", "linear")
    assert (ran.status, ran.errors) == (0, "")
    assert ran.text == f"{NAME}: in service, with what was deployed; 0 of 12 requests failed since 1h\n"


def test_one_that_nobody_calls_is_healthy(slipway: Slipway, recorded: RecordedAws) -> None:
    assert "no request came" in slipway("explain", "linear", "--since", "10m").text
    [asked] = [params for name, params in recorded.requests if name == "GetMetricData"]
    assert 599 < (asked["EndTime"] - asked["StartTime"]).total_seconds() < 601


def test_an_exception_of_the_handler_is_told_with_its_traceback(slipway: Slipway, recorded: RecordedAws) -> None:
    recorded.measured(Invocations=10, Invocation5XXErrors=3)
    trace = "Traceback (most recent call last):\n  File a.py, line 3, in predict_fn\nKeyError: 'cat'"
    recorded.recorded(
        failure(500, "KeyError: 'dog'", traceback=trace),
        failure(500, "KeyError: 'cat'", traceback=trace),
        failure(500, "KeyError: 'cat'", traceback=trace),
    )
    found = causes(slipway)
    assert list(found) == ["handler-raised"]
    finding = found["handler-raised"]
    assert finding["summary"] == "The handler or the model failed for 3 of 10 requests: KeyError: 'cat'"
    assert [quote["source"] for quote in finding["evidence"]] == [STREAM, STREAM]
    assert finding["evidence"][0]["text"] == f"{trace}\n500: KeyError: 'cat' (request_id r-1)"


def test_a_call_of_the_handlers_own_that_is_denied_is_told_with_action_and_resource(
    slipway: Slipway, recorded: RecordedAws
) -> None:
    denied = (
        "predict_fn raised ClientError: An error occurred (AccessDenied) when calling the GetObject operation: "
        "User: arn:aws:sts::000000000000:assumed-role/own/SageMaker is not authorized to perform: s3:GetObject on "
        'resource: "arn:aws:s3:::words/list.txt" because no identity-based policy allows the s3:GetObject action'
    )
    recorded.measured(Invocations=2, Invocation5XXErrors=2)
    recorded.recorded(failure(500, denied), failure(500, "KeyError: 'cat'"))
    found = causes(slipway)
    assert list(found) == ["access-denied", "handler-raised"]
    assert "may not do s3:GetObject on arn:aws:s3:::words/list.txt" in found["access-denied"]["summary"]
    assert "additional_statements" in found["access-denied"]["mend"]


def test_what_clients_do_wrong_leaves_the_endpoint_healthy(slipway: Slipway, recorded: RecordedAws) -> None:
    recorded.measured(Invocations=10, Invocation4XXErrors=3)
    recorded.recorded(
        failure(400, "the body holds no rows"),
        failure(415, "text/html cannot be read"),
        failure(413, "the body has more than the 1000 bytes that this server takes"),
    )
    found = causes(slipway, status=0)
    assert {cause: finding["is_fault"] for cause, finding in found.items()} == {
        "payload-too-large": False,
        "requests-refused": False,
    }
    ran = slipway("explain", "linear")
    assert ran.text.startswith(f"{NAME}: in service, with what was deployed; 3 of 10 requests failed since 1h\n")
    assert "1000 bytes" in ran.text


def test_a_time_out_explains_the_end_of_its_worker(slipway: Slipway, recorded: RecordedAws) -> None:
    recorded.measured(Invocations=2, Invocation5XXErrors=1, ModelLatency=55.1e6)
    recorded.recorded(
        failure(504, "the prediction did not end within 55 s of the request"),
        record("worker_ended", worker=0, status=-9, reason=None),
    )
    found = causes(slipway)
    assert list(found) == ["timed-out"]
    assert "slowest answer took 55.1 s" in found["timed-out"]["evidence"][-1]["text"]


def test_a_time_out_of_sagemaker_is_known_by_the_metric_alone(slipway: Slipway, recorded: RecordedAws) -> None:
    recorded.measured(Invocations=2, Invocation5XXErrors=1, ModelLatency=60.0e6)
    found = causes(slipway)
    assert list(found) == ["timed-out"]
    assert "60 s" in found["timed-out"]["summary"]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (
            [
                failure(503, "the process that held the model ended during this request; try again"),
                record("worker_ended", worker=0, status=-9, reason=None),
            ],
            "1 worker process killed by signal 9",
        ),
        (
            [
                failure(
                    500, "RuntimeError: DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"
                ),
                failure(500, "torch.OutOfMemoryError: CUDA out of memory"),
            ],
            "2 requests found no memory",
        ),
    ],
    ids=["killed", "refused"],
)
def test_a_want_of_memory_is_told_with_what_the_metric_says(
    slipway: Slipway, recorded: RecordedAws, lines: list[str], says: str
) -> None:
    recorded.measured(Invocations=2, Invocation5XXErrors=1, MemoryUtilization=99.2)
    recorded.recorded(*lines)
    found = causes(slipway)
    assert list(found) == ["out-of-memory"]
    assert says in found["out-of-memory"]["summary"]
    assert found["out-of-memory"]["evidence"][-1]["text"] == "at most 99 % of the memory was in use"


def test_a_crash_is_told_with_its_signal(slipway: Slipway, recorded: RecordedAws) -> None:
    recorded.recorded(
        failure(503, "the process that held the model ended during this request; try again"),
        record("worker_ended", worker=0, status=-11, reason=None),
    )
    found = causes(slipway)
    assert "by signal 11 (SIGSEGV), 1 time; 1 request failed by it" in found["worker-crashed"]["summary"]


def test_a_full_queue_and_a_throttled_endpoint_are_at_their_capacity(
    slipway: Slipway, recorded: RecordedAws
) -> None:
    recorded.measured(Invocations=9, Invocation5XXErrors=1, ServerlessConcurrentExecutionsUtilization=1.0)
    recorded.recorded(failure(503, "128 requests wait for the model already; try again"))
    finding = causes(slipway)["at-capacity"]
    assert "refused 1 of 9 requests, because it was busy; all of max_concurrency was in use" in finding["summary"]
    assert "max_concurrency (it is 5)" in finding["mend"]


def test_an_answer_that_sagemaker_does_not_pass_on_is_found_by_its_size(
    slipway: Slipway, recorded: RecordedAws
) -> None:
    recorded.measured(Invocations=2, Invocation5XXErrors=1)
    recorded.recorded(
        record("request", request_id="r-1", status=200, bytes_in=9, bytes_out=4_194_305),
        record("request", request_id="r-2", status=200, bytes_in=9, bytes_out=100),
    )
    finding = causes(slipway)["answer-too-large"]
    assert "1 of 2 requests" in finding["summary"]
    assert "4194305 bytes" in finding["summary"]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "2 of 4 requests were answered 5xx, and the container's log does not say why"),
        (
            ["Traceback (most recent call last):", "  in predict_fn", "ValueError: no"],
            "the log has: ValueError: no",
        ),
    ],
)
def test_errors_of_another_server_are_sought_in_its_plain_lines(
    slipway: Slipway, recorded: RecordedAws, lines: list[str], says: str
) -> None:
    recorded.measured(Invocations=4, Invocation5XXErrors=2)
    recorded.wrote(*lines)
    assert says in causes(slipway)["server-errors"]["summary"]


def test_an_alarm_that_is_on_is_told(slipway: Slipway, recorded: RecordedAws) -> None:
    recorded.resources(
        ("AWS::SageMaker::EndpointConfig", "arn:aws:sagemaker:::endpoint-config/config-1"),
        ("AWS::CloudWatch::Alarm", "slow-1"),
    )
    on = {"AlarmName": "slow-1", "StateValue": "ALARM", "StateReason": "too slow", "StateUpdatedTimestamp": NOW}
    recorded.answers["DescribeAlarms"] = {"MetricAlarms": [on]}
    assert "slow-1" in causes(slipway)["in-alarm"]["summary"]


def test_what_lines_may_do_to_a_terminal_is_shown_and_not_done(slipway: Slipway, recorded: RecordedAws) -> None:
    recorded.recorded(failure(500, "\x1b[2J\u202eno"))
    ran = slipway("explain", "linear")
    assert "\\x1b[2J\\u202eno" in ran.text
    assert "\x1b" not in ran.text


def test_records_are_looked_for_in_the_last_minutes_first(slipway: Slipway, recorded: RecordedAws) -> None:
    recorded.recorded(failure(500, "no"))
    slipway("explain", "linear", "--since", "7d")
    asked = [params for name, params in recorded.requests if name == "FilterLogEvents"]
    patterns = [params["filterPattern"] for params in asked]
    assert patterns[0] == '"request_failed"'
    assert patterns.count('"request_failed"') == 1  # those of the last ten minutes were enough
    assert patterns.count('"worker_ended"') == 3  # and further back, where there are none
    assert int(NOW.timestamp() * 1000) - asked[0]["startTime"] < 601_000


def test_a_log_without_end_is_read_in_a_bounded_number_of_requests(
    slipway: Slipway, recorded: RecordedAws
) -> None:
    recorded.answers["FilterLogEvents"] = {"events": [], "nextToken": "more"}
    slipway("explain", "linear", "--since", "10m")
    assert len([name for name, _ in recorded.requests if name == "FilterLogEvents"]) == 40


def test_nothing_is_asked_of_a_log_group_that_is_not_there(slipway: Slipway, recorded: RecordedAws) -> None:
    recorded.no_log_group()
    assert slipway("explain", "linear").status == 0
    assert "FilterLogEvents" not in [name for name, _ in recorded.requests]


def test_a_source_that_is_refused_is_named_and_the_others_are_read(
    slipway: Slipway, recorded: RecordedAws
) -> None:
    recorded.answers["DescribeLogStreams"] = Refusal("AccessDeniedException", "User may not")
    recorded.answers["GetMetricData"] = Refusal("AccessDenied", "User may not")
    ran = slipway("explain", "linear")
    assert (ran.status, ran.errors) == (0, "")
    assert ran.text.splitlines()[0] == f"{NAME}: in service, with what was deployed"  # not that no request came
    words = "An error occurred ({code}) when calling the {operation} operation: User may not"
    assert ran.text.splitlines()[1:] == [
        f"unread   CloudWatch, GetMetricData: {words.format(code='AccessDenied', operation='GetMetricData')}",
        "unread   CloudWatch Logs, DescribeLogStreams: "
        + words.format(code="AccessDeniedException", operation="DescribeLogStreams"),
    ]
