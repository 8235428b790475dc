"""The requests in flight of a variant, and its end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local_aws.sagemaker import variant as variant_module
from local_aws.sagemaker.summaries import variant_summary
from local_aws.sagemaker.variant import NoLongerServing, RunningVariant

WAIT = 60
Make = Callable[..., RunningVariant]


def retire(variant: RunningVariant) -> threading.Thread:
    """Stop a variant on a thread, and return once it takes no more requests."""
    stopping = threading.Thread(target=variant.stop, daemon=True)
    stopping.start()
    while True:
        try:
            with variant.request():
                pass
        except NoLongerServing:
            return stopping


def test_a_stopped_variant_takes_no_requests_and_leaves_no_files(variant: Make) -> None:
    blue = variant("blue")
    (blue.folder / "model.pt").write_text("weights")

    blue.stop()

    assert blue.container.stopped.is_set()
    assert not blue.folder.exists()
    with pytest.raises(NoLongerServing), blue.request():
        pass


def test_it_stops_only_when_the_requests_in_flight_are_done(variant: Make) -> None:
    blue = variant("blue")
    with blue.request():
        with blue.request():
            stopping = retire(blue)
        assert not blue.container.stopped.is_set()
        assert stopping.is_alive()

    stopping.join(WAIT)

    assert not stopping.is_alive()
    assert blue.container.stopped.is_set()


def test_a_request_that_failed_is_no_longer_in_flight(variant: Make) -> None:
    blue = variant("blue")

    with pytest.raises(ZeroDivisionError), blue.request():
        _ = 1 / 0

    stopping = retire(blue)
    stopping.join(WAIT)
    assert blue.container.stopped.is_set()


def test_requests_that_never_end_are_not_waited_for_for_ever(variant: Make, monkeypatch: Any) -> None:
    monkeypatch.setattr(variant_module, "_DRAIN_TIMEOUT", 0.05)
    blue = variant("blue")

    with blue.request():
        blue.stop()

    assert blue.container.stopped.is_set()


def test_no_request_is_taken_after_the_container_was_told_to_end(variant: Make) -> None:
    """Many callers against one stop: each is either done before the container ends, or refused."""
    blue = variant("blue")
    late: list[str] = []
    start = threading.Barrier(9)

    def call() -> None:
        start.wait(WAIT)
        for _ in range(200):
            try:
                with blue.request():
                    if blue.container.stopped.is_set():
                        late.append("in flight after the end")
            except NoLongerServing:
                return

    with ThreadPoolExecutor(9) as pool:
        calls = [pool.submit(call) for _ in range(8)]
        start.wait(WAIT)
        blue.stop()
        for future in calls:
            future.result(WAIT)

    assert late == []


@pytest.mark.parametrize(("shape", "weight"), [({}, 1.0), ({"InitialVariantWeight": 0}, 0.0)])
def test_the_weight_is_one_unless_it_is_given(variant: Make, shape: dict[str, Any], weight: float) -> None:
    assert variant("blue", **shape).weight == weight


def test_the_payload_limit_depends_on_the_hosting(variant: Make) -> None:
    serverless = {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}}

    assert variant("instances").largest_payload == 6_291_456
    assert variant("serverless", **serverless).largest_payload == 4_194_304


class TestSummary:
    """``ProductionVariantSummary`` of DescribeEndpoint."""

    def test_instances_are_counted(self, variant: Make) -> None:
        summary = variant_summary(variant("blue", InitialInstanceCount=2, InitialVariantWeight=0.5))

        assert summary["VariantName"] == "blue"
        assert summary["CurrentInstanceCount"] == summary["DesiredInstanceCount"] == 2
        assert summary["CurrentWeight"] == summary["DesiredWeight"] == 0.5
        assert summary["DeployedImages"][0]["SpecifiedImage"] == "an-image"

    def test_serverless_has_its_config(self, variant: Make) -> None:
        config = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}

        summary = variant_summary(variant("blue", ServerlessConfig=config))

        assert summary["CurrentServerlessConfig"] == config
        assert "CurrentInstanceCount" not in summary

    def test_it_has_only_members_that_the_api_knows(self, variant: Make, botocore_session: Any) -> None:
        known = botocore_session.get_service_model("sagemaker").shape_for("ProductionVariantSummary").members
        config = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}

        for shape in ({}, {"ServerlessConfig": config}):
            assert variant_summary(variant("blue", **shape)).keys() <= known.keys()
