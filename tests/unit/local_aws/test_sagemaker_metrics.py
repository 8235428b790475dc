"""What CloudWatch learns of invocations, and when."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from local_aws import ministack_seam as seam
from local_aws.sagemaker import metrics
from local_aws.sagemaker.metric_data import Backlog, Invocation, metric_data
from local_aws.sagemaker.metrics import InvocationMetrics
from local_aws.sagemaker.runtime import InvokeEndpoint

WAIT = 60
ACCOUNT, REGION = "123456789012", "eu-central-1"
CREDENTIAL = f"Credential={ACCOUNT}/20260101/{REGION}/sagemaker/aws4_request"
SIGNATURE = f"AWS4-HMAC-SHA256 {CREDENTIAL}, SignedHeaders=host, Signature=0"


class CloudWatch:
    """Takes data; it can be held up, and told to fail."""

    def __init__(self) -> None:
        self.data: list[dict[str, Any]] = []
        self.scopes: set[tuple[str, str]] = set()
        self.requests = 0
        self.failure: Exception | None = None
        self.go = threading.Event()
        self.go.set()
        self.came = threading.Event()

    def put_metric_data(self, **request: Any) -> None:
        assert request["Namespace"] == "AWS/SageMaker"
        assert self.go.wait(WAIT)
        self.requests += 1
        self.came.set()
        if self.failure:
            failure, self.failure = self.failure, None
            raise failure
        self.data += request["MetricData"]
        self.scopes.add((seam.account(), seam.region()))

    def of(self, name: str) -> dict[float, float]:
        """How often each value of a metric came."""
        counts: dict[float, float] = {}
        for datum in self.data:
            if datum["MetricName"] == name:
                for value, count in zip(datum["Values"], datum["Counts"], strict=True):
                    counts[value] = counts.get(value, 0) + count
        return counts


@pytest.fixture
def cloudwatch() -> CloudWatch:
    return CloudWatch()


@pytest.fixture
def published(cloudwatch: CloudWatch, fake_clients: Any) -> Iterator[InvocationMetrics]:
    made = InvocationMetrics(fake_clients(cloudwatch=cloudwatch))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def invoke(published: InvocationMetrics, variant: Any, http_container: Any, answering: Any) -> Callable[..., int]:
    """Send a request to an endpoint whose container answers so, and return the status of the answer."""

    def send(answer: Any = None, path: str = "/endpoints/endpoint/invocations", largest: int = 0) -> int:
        served = variant("primary", http_container(answer or answering()))

        class Running:
            def running(self, *_: str) -> list[Any]:
                return [served]

        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b" " * largest, "more_body": False}

        async def respond(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "headers": [(b"authorization", SIGNATURE.encode())],
        }
        asyncio.run(InvokeEndpoint(None, Running(), published)(scope, receive, respond))
        return int(sent[0]["status"])

    return send


@pytest.fixture
def refuse(
    invoke: Any, published: InvocationMetrics, cloudwatch: CloudWatch, answering: Any
) -> Callable[[int], CloudWatch]:
    """Let a container answer with a status, and return what was published of it."""

    def send(status: int) -> CloudWatch:
        assert invoke(answering(status)) == 424
        published.stop()
        return cloudwatch

    return send


class TestInvocation:
    """What an invocation counts as."""

    def test_one_that_is_answered(self, invoke: Any, published: Any, cloudwatch: CloudWatch) -> None:
        assert invoke() == 200

        published.stop()

        assert cloudwatch.of("Invocations") == {1: 1}
        assert cloudwatch.of("Invocation4XXErrors") == {0: 1}
        assert cloudwatch.of("Invocation5XXErrors") == {0: 1}
        assert cloudwatch.scopes == {(ACCOUNT, REGION)}

    @pytest.mark.parametrize(
        ("status", "client", "server"),
        [(400, 1, 0), (404, 1, 0), (499, 1, 0), (500, 0, 1), (503, 0, 1), (302, 0, 1)],
    )
    def test_one_that_the_container_refuses(self, refuse: Any, status: int, client: int, server: int) -> None:
        counted = refuse(status)

        assert counted.of("Invocations") == {1: 1}
        assert counted.of("Invocation4XXErrors") == {client: 1}
        assert counted.of("Invocation5XXErrors") == {server: 1}

    def test_one_whose_container_ends(self, invoke: Any, published: Any, cloudwatch: CloudWatch) -> None:
        assert invoke(lambda _: None) == 424

        published.stop()

        assert cloudwatch.of("Invocation5XXErrors") == {1: 1}

    @pytest.mark.parametrize(
        "request_",
        [{"largest": 7_000_000}, {"path": "/endpoints/endpoint/async-invocations"}],
        ids=["too large", "not implemented"],
    )
    def test_one_that_never_reaches_the_container_is_none(
        self, invoke: Any, published: Any, cloudwatch: CloudWatch, request_: dict[str, Any]
    ) -> None:
        assert invoke(**request_) == 400

        published.stop()

        assert cloudwatch.data == []

    def test_its_endpoint_is_named_as_it_was_created(
        self, invoke: Any, published: Any, cloudwatch: CloudWatch
    ) -> None:
        assert invoke(path="/endpoints/ENDPOINT/invocations") == 200

        published.stop()

        assert {d["Dimensions"][0]["Value"] for d in cloudwatch.data} == {"endpoint"}

    def test_its_latencies_are_microseconds(
        self, published: Any, cloudwatch: CloudWatch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = iter([10.5, 10.7, 11.0])  # the container is asked, it has answered, the request is answered
        monkeypatch.setattr(metrics.time, "perf_counter", lambda: next(clock))
        with published.invocation("endpoint", "primary", received=10.0) as invocation:
            assert invocation.time_model(max, 1, 2) == 2

        published.stop()

        assert cloudwatch.of("ModelLatency") == {200_000: 1}
        assert cloudwatch.of("OverheadLatency") == {800_000: 1}
        assert {d["Unit"] for d in cloudwatch.data if "Latency" in d["MetricName"]} == {"Microseconds"}


class TestPublication:
    """When and how it is published."""

    def count(self, published: InvocationMetrics) -> None:
        with published.invocation("endpoint", "primary", received=0.0):
            pass

    def test_it_comes_by_itself(self, published: Any, cloudwatch: CloudWatch) -> None:
        self.count(published)

        assert cloudwatch.came.wait(WAIT)

    def test_no_request_waits_for_it(self, published: Any, cloudwatch: CloudWatch) -> None:
        cloudwatch.go.clear()

        for _ in range(1000):
            self.count(published)

        cloudwatch.go.set()
        published.stop()
        assert cloudwatch.of("Invocations") == {1: 1000}
        assert cloudwatch.requests < 20

    def test_a_failure_does_not_end_it(self, published: Any, cloudwatch: CloudWatch, client_error: Any) -> None:
        cloudwatch.failure = client_error("ServiceUnavailable")
        self.count(published)
        assert cloudwatch.came.wait(WAIT)

        self.count(published)

        published.stop()
        assert cloudwatch.of("Invocations") == {1: 1}

    def test_accounts_and_regions_are_kept_apart(self, published: Any, cloudwatch: CloudWatch) -> None:
        scopes = {("111111111111", "us-east-1"), ("111111111111", "eu-west-1"), ("222222222222", "eu-west-1")}
        for account, region in scopes:
            with seam.request_scope(account, region):
                self.count(published)

        published.stop()

        assert cloudwatch.scopes == scopes

    def test_it_is_what_the_api_takes(self, fake_clients: Any) -> None:
        client = boto3.client("cloudwatch", region_name="us-east-1")
        with Stubber(client) as stubber:
            stubber.add_response("put_metric_data", {}, {"Namespace": "AWS/SageMaker", "MetricData": ANY})
            made = InvocationMetrics(fake_clients(cloudwatch=client))
            made.start()
            with made.invocation("endpoint", "primary", received=0.0) as invocation:
                invocation.time_model(int)

            made.stop()

            stubber.assert_no_pending_responses()


class TestData:
    """Invocations as data."""

    def invocation(self, ended: float = 60.0, model: float = 0.001, **members: Any) -> Invocation:
        given = {"endpoint_name": "endpoint", "variant_name": "primary", **members}
        return Invocation(ACCOUNT, REGION, ended=ended, total=2 * model, model=model, **given)

    def test_each_minute_of_each_variant_has_its_own(self) -> None:
        made = [
            self.invocation(61),
            self.invocation(119),
            self.invocation(120),
            self.invocation(61, variant_name="b"),
        ]

        counts = {
            (d["Dimensions"][1]["Value"], d["Timestamp"].timestamp()): d["Counts"]
            for d in metric_data(made)
            if d["MetricName"] == "Invocations"
        }

        assert counts == {("primary", 119): [2], ("primary", 120): [1], ("b", 61): [1]}

    def test_the_dimensions_are_endpoint_and_variant(self) -> None:
        dimensions = next(metric_data([self.invocation()]))["Dimensions"]

        assert dimensions == [
            {"Name": "EndpointName", "Value": "endpoint"},
            {"Name": "VariantName", "Value": "primary"},
        ]

    def test_no_datum_has_more_values_than_the_api_takes(self) -> None:
        made = [self.invocation(model=m * 10**e * 1e-6) for m in range(10, 100) for e in range(3)]

        data = [d for d in metric_data(made) if d["MetricName"] == "ModelLatency"]

        assert max(len(d["Values"]) for d in data) <= 150
        assert sum(sum(d["Counts"]) for d in data) == len(made)

    def test_latencies_have_two_significant_digits(self) -> None:
        made = [self.invocation(model=m * 1e-6) for m in range(1000, 2000)]

        (datum,) = (d for d in metric_data(made) if d["MetricName"] == "ModelLatency")

        assert len(datum["Values"]) <= 11


@pytest.mark.parametrize(
    ("backlog", "instances", "wanted"),
    [
        (
            6,
            2,
            {"ApproximateBacklogSize": 6, "ApproximateBacklogSizePerInstance": 3, "HasBacklogWithoutCapacity": 0},
        ),
        (6, 0, {"ApproximateBacklogSize": 6, "HasBacklogWithoutCapacity": 1}),
        (0, 0, {"ApproximateBacklogSize": 0, "HasBacklogWithoutCapacity": 0}),
    ],
    ids=["instances", "no instance", "nothing"],
)
def test_a_backlog_is_the_endpoints_and_no_variants(backlog: int, instances: int, wanted: dict[str, int]) -> None:
    data = list(metric_data([Backlog(ACCOUNT, REGION, "endpoint", backlog, instances)]))

    assert {each["MetricName"]: each["Values"][0] for each in data} == wanted
    assert {each["Dimensions"][0]["Value"] for each in data} == {"endpoint"}
    assert {len(each["Dimensions"]) for each in data} == {1}


def test_invocations_are_shared_among_the_instances() -> None:
    invocation = Invocation(ACCOUNT, REGION, "endpoint", "primary", instances=4)

    assert ("InvocationsPerInstance", "None", 0.25) in list(invocation.values())
