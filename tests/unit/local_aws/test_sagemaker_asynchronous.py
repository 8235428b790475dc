"""InvokeEndpointAsync: the queue, the container, and where the outcome goes."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.sagemaker.asynchronous import queue as queue_module
from local_aws.sagemaker.asynchronous.hosting import AsyncInference
from local_aws.sagemaker.asynchronous.queue import Capacity, RequestQueue
from local_aws.sagemaker.metrics import InvocationMetrics
from local_aws.sagemaker.role_rights import RoleRights

WAIT = 60
ROLE = "arn:aws:iam::000000000000:role/execution"
SUCCESS, ERROR = "arn:aws:sns:us-east-1:000000000000:done", "arn:aws:sns:us-east-1:000000000000:broken"
CONFIG = {
    "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 2},
    "OutputConfig": {
        "S3OutputPath": "s3://bucket/out/",
        "S3FailurePath": "s3://bucket/failures",
        "NotificationConfig": {"SuccessTopic": SUCCESS, "ErrorTopic": ERROR},
    },
}


class S3:
    """Objects of one bucket."""

    def __init__(self) -> None:
        self.objects = {"in.json": b"[7]"}
        self.written: dict[str, dict[str, Any]] = {}
        self.sizes: dict[str, int] = {}

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "404", "Message": "Not Found"}}, "HeadObject")
        return {"ContentLength": self.sizes.get(Key, len(self.objects[Key]))}

    def download_fileobj(self, bucket: str, key: str, file: io.BufferedIOBase) -> None:
        file.write(self.objects[key])

    def put_object(self, **request: Any) -> None:
        self.written[request["Key"]] = request


class Sns:
    def __init__(self) -> None:
        self.messages: list[tuple[str, dict[str, Any]]] = []

    def publish(self, *, TopicArn: str, Message: str) -> None:  # noqa: N803 - boto3's names
        self.messages.append((TopicArn, json.loads(Message)))


class Iam:
    def __init__(self) -> None:
        self.denied: set[str] = set()
        self.asked: list[tuple[str, str]] = []

    def simulate_principal_policy(self, **request: Any) -> dict[str, Any]:
        assert request["PolicySourceArn"] == ROLE
        (action,), (resource,) = request["ActionNames"], request["ResourceArns"]
        self.asked.append((action, resource))
        decision = "implicitDeny" if action in self.denied else "allowed"
        return {"EvaluationResults": [{"EvalDecision": decision}]}


class Account:
    """An asynchronous endpoint, and what it reads and writes."""

    def __init__(self, hosting: Any, invoker: Any, fake_clients: Any) -> None:
        self.s3, self.sns, self.iam = S3(), Sns(), Iam()
        self.hosting = hosting
        rights = RoleRights(fake_clients(s3=self.s3, sns=self.sns, iam=self.iam))
        metrics = InvocationMetrics(None)
        self.asynchronous = AsyncInference(self._running, metrics, rights)
        hosting.endpoints = hosting.new_endpoints(listener=self.asynchronous)
        self._invoke = invoker(hosting.endpoints, metrics, self.asynchronous)

    def _running(self, *key: str) -> Any:
        return self.hosting.endpoints.running(*key)

    def create(self, container: Any, config: dict[str, Any] | None = None) -> None:
        shape = {
            "VariantName": "v",
            "ModelName": "model",
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
        }
        self.hosting.configs.add(
            "asynchronous",
            {
                "EndpointConfigName": "asynchronous",
                "ProductionVariants": [shape],
                "AsyncInferenceConfig": config or CONFIG,
            },
        )
        self.hosting.launcher.containers["endpoint", "asynchronous"] = container
        self.hosting.create(config="asynchronous")
        self.hosting.settled()
        for variant in self.hosting.launcher.variants:
            variant.role_arn = ROLE
        self.asynchronous.serves(self.hosting.store.get("endpoint"), self.fleet)

    @property
    def fleet(self) -> Any:
        return self.hosting.endpoints._fleets.serving(("000000000000", "us-east-1", "endpoint"))

    def ask(self, location: str = "s3://bucket/in.json", body: bytes = b"", **members: str) -> Any:
        given = {"InputLocation": location} if location else {}
        named = {"Content-Type": "application/json", **given, **members}
        headers = {f"x-amzn-sagemaker-{name.lower()}": value for name, value in named.items()}
        status, answered, content = self._invoke(body, kind="async-invocations", **headers)
        return status, answered, json.loads(content)

    def scale(self, count: int) -> None:
        desired = [{"VariantName": "v", "DesiredInstanceCount": count}]
        self.hosting.endpoints.change_capacity("endpoint", desired)
        self.hosting.settled()


@pytest.fixture
def account(hosting: Any, invoker: Any, fake_clients: Any) -> Any:
    made = Account(hosting, invoker, fake_clients)
    yield made
    made.asynchronous.stop()


@pytest.fixture
def told(account: Account, eventually: Any) -> Callable[[], tuple[str, dict[str, Any]]]:
    """Wait for the next message of SNS and return topic and message."""

    def wait() -> tuple[str, dict[str, Any]]:
        eventually(lambda: account.sns.messages)
        return account.sns.messages.pop(0)

    return wait


class TestOutcome:
    def test_the_answer_lies_where_it_was_said_at_once(
        self, account: Account, told: Any, http_container: Any, answering: Any
    ) -> None:
        container = http_container(answering(200, b"[14]"))
        container.sleep = container.wake = lambda: None
        account.create(container)

        status, headers, answer = account.ask(Accept="text/csv", **{"Custom-Attributes": "trace"})
        topic, message = told()

        assert status == 202
        location = headers["x-amzn-sagemaker-outputlocation"]
        assert location.startswith("s3://bucket/out/")
        assert location.endswith(".out")
        assert account.s3.written[location.removeprefix("s3://bucket/")]["Body"] == b"[14]"
        assert headers["x-amzn-sagemaker-failurelocation"].startswith("s3://bucket/failures/")
        assert len(account.s3.written) == 1
        assert topic == SUCCESS
        assert message["invocationStatus"] == "Completed"
        assert message["inferenceId"] == answer["InferenceId"]
        assert message["responseParameters"] == {"contentType": "application/json", "outputLocation": location}
        assert message["requestParameters"] == {
            "accept": "text/csv",
            "contentType": "application/json",
            "customAttributes": "trace",
            "endpointName": "endpoint",
            "inputLocation": "s3://bucket/in.json",
        }
        (request,) = container.requests
        assert request.body == b"[7]"
        assert request.headers["content-type"] == "application/json"
        assert request.headers["accept"] == "text/csv"
        assert request.headers["x-amzn-sagemaker-custom-attributes"] == "trace"

    def test_a_failure_lies_at_its_own_place(
        self, account: Account, told: Any, http_container: Any, answering: Any
    ) -> None:
        account.create(http_container(answering(400, b"no such column")))

        _, headers, _ = account.ask(**{"Inference-Id": "mine"})
        topic, message = told()

        (written,) = account.s3.written.values()
        assert written["Key"] == headers["x-amzn-sagemaker-failurelocation"].removeprefix("s3://bucket/")
        assert b"no such column" in written["Body"]
        assert (topic, message["invocationStatus"], message["inferenceId"]) == (ERROR, "Failed", "mine")
        assert message["failureReason"].startswith("ClientError: Received client error (400) from model.")
        assert "responseParameters" not in message

    @pytest.mark.parametrize("answer", [b"[14]", b"x" * (128 * 1024 + 1)], ids=["small", "large"])
    def test_a_response_is_included_up_to_its_limit(
        self, account: Account, told: Any, http_container: Any, answering: Any, answer: bytes
    ) -> None:
        notification = {"SuccessTopic": SUCCESS, "IncludeInferenceResponseIn": ["SUCCESS_NOTIFICATION_TOPIC"]}
        config = {"OutputConfig": {**CONFIG["OutputConfig"], "NotificationConfig": notification}}
        account.create(http_container(answering(200, answer)), config)

        account.ask()
        _, message = told()

        included = message.get("responseBody")
        assert (included is not None) == (len(answer) < 1000)
        if included:
            assert base64.b64decode(included["content"]) == answer

    def test_an_inline_body_needs_no_object(
        self, account: Account, told: Any, http_container: Any, answering: Any
    ) -> None:
        container = http_container(answering(200, b"[]"))
        account.create(container)

        status, _, _ = account.ask("", b"[1, 2]")
        told()

        assert (status, container.requests[0].body) == (202, b"[1, 2]")

    def test_the_caller_names_the_file(
        self, account: Account, told: Any, http_container: Any, answering: Any
    ) -> None:
        account.create(http_container(answering(200, b"[]")))

        _, headers, _ = account.ask(Filename="mine.json", S3OutputPathExtension="today/")
        told()

        assert headers["x-amzn-sagemaker-outputlocation"] == "s3://bucket/out/today/mine.json"
        assert set(account.s3.written) == {"out/today/mine.json"}

    @pytest.mark.parametrize("denied", ["s3:GetObject", "s3:PutObject"])
    def test_the_role_reads_and_writes(
        self, account: Account, told: Any, http_container: Any, answering: Any, denied: str
    ) -> None:
        account.create(http_container(answering(200, b"[]")))
        account.iam.denied.add(denied)

        account.ask()
        topic, message = told()

        assert topic == ERROR
        assert f"not authorized to perform: {denied}" in message["failureReason"]

    def test_an_input_that_is_gone_or_too_large_is_a_failure(
        self, account: Account, told: Any, http_container: Any
    ) -> None:
        container = http_container()
        account.create(container)
        account.s3.sizes["in.json"] = 1024**3 + 1

        account.ask()
        assert "over the limit of 1073741824" in told()[1]["failureReason"]
        account.ask("s3://bucket/absent.json")
        assert "Not Found" in told()[1]["failureReason"]
        assert container.requests == []


class TestRefusals:
    @pytest.mark.parametrize(
        ("members", "body", "named"),
        [
            ({"location": ""}, b"", "exactly one of InputLocation and Body"),
            ({}, b"[1]", "exactly one of InputLocation and Body"),
            ({"location": "ftp://bucket/key"}, b"", "inputLocation"),
            ({"RequestTTLSeconds": "59"}, b"", "requestTTLSeconds"),
            ({"InvocationTimeoutSeconds": "3601"}, b"", "invocationTimeoutSeconds"),
            ({"InvocationTimeoutSeconds": "soon"}, b"", "invocationTimeoutSeconds"),
        ],
    )
    def test_a_wrong_request_is_refused(
        self, account: Account, http_container: Any, members: dict[str, str], body: bytes, named: str
    ) -> None:
        account.create(http_container())

        status, _, answer = account.ask(**members, body=body)

        assert status == 400
        assert named in answer["Message"]

    def test_each_kind_of_endpoint_refuses_the_other_call(
        self, account: Account, hosting: Any, http_container: Any
    ) -> None:
        account.create(http_container())
        hosting.create("plain")
        hosting.settled("plain")

        status, _, body = account._invoke(b"{}")
        assert (status, b"does not support InvokeEndpoint." in body) == (400, True)
        status, _, body = account._invoke(b"{}", "plain", kind="async-invocations")
        assert (status, b"does not support InvokeEndpointAsync" in body) == (400, True)

    def test_a_deleted_endpoint_takes_nothing(self, account: Account, hosting: Any, http_container: Any) -> None:
        account.create(http_container())
        hosting.endpoints.delete("endpoint")
        hosting.settled()

        assert account.ask()[0] == 400


class TestZero:
    """An endpoint without an instance."""

    def test_requests_wait_until_there_is_one(
        self, account: Account, told: Any, http_container: Any, answering: Any, hosting: Any
    ) -> None:
        container = http_container(answering(200, b"[]"))
        container.sleep = container.wake = lambda: None
        account.create(container)
        account.scale(0)

        assert account.ask()[0] == 202
        assert [each["InputLocation"] for each in hosting.store.get("endpoint")["AsyncRequests"]] == [
            "s3://bucket/in.json"
        ]
        assert container.requests == []
        account.scale(1)

        assert told()[1]["invocationStatus"] == "Completed"

    def test_what_waits_survives_a_restart(
        self, account: Account, http_container: Any, hosting: Any, invoker: Any, fake_clients: Any
    ) -> None:
        container = http_container()
        container.sleep = container.wake = lambda: None
        account.create(container)
        account.scale(0)
        account.ask()
        account.asynchronous.stop()

        again = Account(hosting, invoker, fake_clients)
        hosting.endpoints.restore()
        hosting.settled()

        (waiting,) = hosting.store.get("endpoint")["AsyncRequests"]
        assert waiting["InputLocation"] == "s3://bucket/in.json"
        assert again.fleet.production[0].instance_count == 0
        again.asynchronous.stop()


class TestQueue:
    """So many at once, in their order."""

    @pytest.fixture
    def samples(self) -> list[tuple[int, int]]:
        return []

    @pytest.fixture
    def start(self, samples: list[tuple[int, int]]) -> Any:
        made: list[RequestQueue] = []

        def make(run: Callable[[Any], bool], capacity: Capacity) -> RequestQueue:
            queue = RequestQueue([], run, lambda *each: samples.append(each), lambda: None, capacity)
            made.append(queue)
            return queue

        yield make
        for queue in made:
            queue.stop()

    def request(self, name: str, ends: float = WAIT) -> dict[str, Any]:
        return {"InferenceId": name, "Expires": time.time() + ends}

    def test_no_more_run_at_once_than_the_instances_take(self, start: Any, eventually: Any) -> None:
        begun: list[str] = []
        go = threading.Event()

        def run(request: Any) -> bool:
            begun.append(request["InferenceId"])
            return go.wait(WAIT)

        queue = start(run, Capacity(2, 2))
        for number in range(6):
            queue.add(self.request(str(number)))
        eventually(lambda: len(begun) == 4)
        queue.resize(Capacity(3, 2))
        eventually(lambda: len(begun) == 6)
        go.set()

        assert sorted(begun[:4]) == ["0", "1", "2", "3"]

    def test_a_request_that_expires_is_run_without_capacity(self, start: Any, eventually: Any) -> None:
        """Its outcome is that it was too old."""
        begun: list[str] = []
        queue = start(lambda request: begun.append(request["InferenceId"]) is None, Capacity(0, 2))
        queue.add(self.request("stays"))
        queue.add(self.request("expires", 0.05))

        eventually(lambda: begun)

        assert begun == ["expires"]

    def test_a_request_that_found_no_instance_waits_again(self, start: Any, eventually: Any) -> None:
        outcomes = iter([False, True])
        begun: list[str] = []

        def run(request: Any) -> bool:
            begun.append(request["InferenceId"])
            return next(outcomes)

        start(run, Capacity(1, 1)).add(self.request("again"))

        eventually(lambda: begun == ["again", "again"])

    def test_a_backlog_without_capacity_is_told_at_once(
        self, start: Any, samples: list[tuple[int, int]], eventually: Any
    ) -> None:
        queue = start(lambda _: True, Capacity(0, 2))
        eventually(lambda: samples == [(0, 0)])

        queue.add(self.request("one"))

        eventually(lambda: samples == [(0, 0), (1, 0)])
        queue.resize(Capacity(1, 2))
        eventually(lambda: samples[-1][1] == 1)

    def test_samples_come_from_time_to_time(
        self, start: Any, samples: list[tuple[int, int]], eventually: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queue_module, "_IDLE_SAMPLE", 0.01)
        start(lambda _: True, Capacity(1, 2))

        eventually(lambda: len(samples) >= 3)
