"""Shadow variants: a copy of each sampled request, and no harm from what becomes of it."""

from __future__ import annotations

import random
import threading
from typing import Any

import pytest

from local_aws.sagemaker import shadow as shadow_module
from local_aws.sagemaker.fleet import Fleet
from local_aws.sagemaker.shadow import sampled

WAIT = 60


class Serving:
    """One production variant with a shadow beside it."""

    def __init__(self, variant: Any, production: Any, shadow: Any, weight: float) -> None:
        self.shadow = variant("shadow", shadow, InitialVariantWeight=weight)
        self.shadow.shadow = True
        self.fleet = Fleet({"ProductionVariants": []}, [variant("live", production), self.shadow])

    def running(self, *_: str) -> list[Any]:
        return self.fleet.production


def test_the_shadow_gets_a_copy_and_the_caller_the_other_answer(
    variant: Any, http_container: Any, answering: Any, invoker: Any, eventually: Any
) -> None:
    copy = http_container(answering(200, b'"shadow"'))
    serving = Serving(variant, http_container(answering(200, b'"live"')), copy, 1.0)

    status, headers, body = invoker(serving)(b"[1]", content_type="application/json")

    assert (status, body) == (200, b'"live"')
    assert headers["x-amzn-invoked-production-variant"] == "live"
    eventually(lambda: copy.requests)
    assert [(each.body, each.headers["content-type"]) for each in copy.requests] == [(b"[1]", "application/json")]


@pytest.mark.parametrize("status", [None, 500])
def test_its_failure_harms_nobody(
    variant: Any, http_container: Any, *, answering: Any, invoker: Any, eventually: Any, status: int | None
) -> None:
    copy = http_container(lambda _: None if status is None else answering(status))
    serving = Serving(variant, http_container(answering(200, b'"live"')), copy, 1.0)
    invoke = invoker(serving)

    assert [invoke()[2] for _ in range(3)] == [b'"live"'] * 3
    eventually(lambda: len(copy.requests) == 3)


def test_a_slow_shadow_holds_nothing_up(variant: Any, http_container: Any, answering: Any, invoker: Any) -> None:
    go = threading.Event()

    def answer(_: Any) -> Any:
        go.wait(WAIT)
        return answering()

    serving = Serving(variant, http_container(answering(200, b'"live"')), http_container(answer), 1.0)

    try:
        assert invoker(serving)()[2] == b'"live"'
    finally:
        go.set()


def test_it_is_no_target(variant: Any, http_container: Any, invoker: Any) -> None:
    serving = Serving(variant, http_container(), http_container(), 1.0)

    status, _, body = invoker(serving)(x_amzn_sagemaker_target_variant="shadow")

    assert status == 400
    assert b"Variant shadow not found" in body


@pytest.mark.parametrize(
    ("shadow", "production", "low", "high"),
    [(1.0, 1.0, 200, 200), (2.0, 1.0, 200, 200), (0.0, 1.0, 0, 0), (1.0, 2.0, 80, 120), (0.0, 0.0, 0, 0)],
)
def test_the_weights_say_how_many_are_copied(
    monkeypatch: pytest.MonkeyPatch, shadow: float, production: float, low: int, high: int
) -> None:
    monkeypatch.setattr(shadow_module, "random", random.Random(7))  # noqa: S311 - the same draws every time

    assert low <= sum(sampled(shadow, production) for _ in range(200)) <= high


def test_both_are_described(hosting: Any, botocore_session: Any) -> None:
    shape = {"ModelName": "model", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    config = {
        "EndpointConfigName": "both",
        "ProductionVariants": [{"VariantName": "live", **shape}],
        "ShadowProductionVariants": [{"VariantName": "shadow", **shape}],
    }
    hosting.configs.add("both", config)
    hosting.create(config="both")
    hosting.settled()

    described = hosting.endpoints.describe("endpoint")

    assert [each["VariantName"] for each in described["ProductionVariants"]] == ["live"]
    assert [each["VariantName"] for each in described["ShadowProductionVariants"]] == ["shadow"]
    running = hosting.endpoints.running("000000000000", "us-east-1", "endpoint")
    assert [each.name for each in running] == ["live"]
    known = botocore_session.get_service_model("sagemaker").shape_for("DescribeEndpointOutput").members
    assert described.keys() <= known.keys()
    hosting.endpoints.delete("endpoint")
    hosting.settled()
    assert all(each.container.stopped.is_set() for each in hosting.launcher.variants)
