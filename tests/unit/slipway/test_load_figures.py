"""The figures of `slipway load`: what is counted, and what is made of it."""

from __future__ import annotations

import pytest
from botocore.exceptions import ConnectTimeoutError, NoCredentialsError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from slipway.load.closed_loop import Outcome
from slipway.load.failure import Failure, failure_of
from slipway.load.latency import latency_of, percentile
from slipway.load.stage import Window, stage_of

WINDOW = Window(100.0, 110.0)
THROTTLED = Failure("throttling", 400, "ThrottlingException", "Rate exceeded")
BROKEN = Failure("model 5xx", 500, "ModelError", "no memory")


def answered(began: float, seconds: float = 0.5) -> Outcome:
    return Outcome(began, began + seconds, None)


def stage(*outcomes: Outcome, cpu_seconds: float = 0.0, unfinished: int = 0, window: Window = WINDOW) -> object:
    return stage_of(4, outcomes, window, cpu_seconds=cpu_seconds, unfinished=unfinished)


class TestPercentiles:
    def test_of_a_hundred_values(self) -> None:
        values = [float(number) for number in range(1, 101)]
        assert [percentile(values, percent) for percent in (1, 50, 95, 99, 100)] == [1, 50, 95, 99, 100]

    @given(st.lists(st.floats(0, 100), min_size=1), st.integers(1, 100))
    def test_so_many_of_the_values_are_not_larger_and_no_smaller_value_would_do(
        self, values: list[float], percent: int
    ) -> None:
        ordered = sorted(values)
        found = percentile(ordered, percent)
        assert found in values
        assert sum(value <= found for value in values) * 100 >= percent * len(values)
        assert sum(value < found for value in values) * 100 < percent * len(values)

    def test_milliseconds_and_nothing_of_nothing(self) -> None:
        latency = latency_of([0.003, 0.001])
        assert latency is not None
        assert (latency.mean, latency.p50, latency.p99, latency.max) == (2.0, 1.0, 3.0, 3.0)
        assert latency_of([]) is None


class TestStage:
    def test_the_warm_up_is_not_counted(self) -> None:
        found = stage(answered(99.0), answered(101.0))
        assert (found.requests, found.answers, found.warm_up_requests) == (1, 1, 1)

    def test_throughput_is_of_the_answers_that_came_in_time_and_latency_of_all_that_were_asked(self) -> None:
        found = stage(answered(99.8), answered(105.0), answered(109.9, seconds=30.0))
        assert found.requests_per_second == 0.2  # the first came in time, the last one did not
        assert (found.answers, found.latency_ms.max) == (2, 30_000)

    def test_errors_are_counted_apart_the_most_frequent_first(self) -> None:
        failures = [Outcome(101.0, 102.0, one) for one in (BROKEN, THROTTLED, THROTTLED)]
        found = stage(answered(103.0), *failures, Outcome(99.0, 99.5, BROKEN))
        assert (found.requests, found.answers, found.requests_per_second) == (4, 1, 0.1)
        assert [(error.kind, error.count, error.example) for error in found.errors] == [
            ("throttling", 2, "Rate exceeded"),
            ("model 5xx", 1, "no memory"),
        ]

    def test_open_requests_are_requests_without_an_answer(self) -> None:
        found = stage(answered(101.0), unfinished=3)
        assert (found.requests, found.answers, found.unfinished) == (4, 1, 3)

    @pytest.mark.parametrize(("cpu_seconds", "is_limit"), [(5.0, False), (9.0, True)])
    def test_a_program_that_fills_a_core_says_that_it_is_the_limit(
        self, cpu_seconds: float, is_limit: bool
    ) -> None:
        found = stage(answered(101.0), cpu_seconds=cpu_seconds)
        assert (found.client_cpu_share, found.client_is_the_limit) == (cpu_seconds / 10, is_limit)

    def test_an_end_in_the_warm_up_leaves_nothing(self) -> None:
        found = stage(answered(99.0), window=Window(100.0, 100.0))
        assert (found.requests, found.requests_per_second, found.latency_ms) == (0, 0, None)


class TestFailures:
    def test_a_time_out_of_the_client_and_a_connection_that_cannot_be_made(self) -> None:
        read = failure_of(ReadTimeoutError(endpoint_url="https://x"))
        connect = failure_of(ConnectTimeoutError(endpoint_url="https://x"))
        assert read is not None
        assert connect is not None
        assert (read.kind, connect.kind) == ("time-out", "connection")

    def test_what_no_endpoint_can_have_caused_is_none(self) -> None:
        assert failure_of(NoCredentialsError()) is None
        assert failure_of(ZeroDivisionError()) is None
