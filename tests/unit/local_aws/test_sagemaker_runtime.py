"""InvokeEndpoint from the ASGI server to the container, read as boto3 reads it."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.parsers import create_parser

from local_aws.sagemaker import forwarding, traffic
from local_aws.sagemaker.metrics import InvocationMetrics
from local_aws.sagemaker.runtime import InvokeEndpoint

WAIT = 60
SERVERLESS = {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 5}}
CREDENTIAL = "Credential={account}/20260101/{region}/sagemaker/aws4_request"


class Running:
    """Endpoints whose variants a test sets."""

    def __init__(self) -> None:
        self.variants: dict[tuple[str, str, str], list[Any]] = {}

    def set(self, *variants: Any, account: str = "000000000000", region: str = "us-east-1") -> None:
        self.variants[account, region, "endpoint"] = list(variants)

    def running(self, account: str, region: str, name: str) -> list[Any]:
        return self.variants.get((account, region, name.lower()), [])


@pytest.fixture
def running() -> Running:
    return Running()


class Caller:
    """Sends requests to the middleware and reads the answers."""

    def __init__(self, running: Running, session: Any) -> None:
        self.passed_on: list[str] = []
        self._app = InvokeEndpoint(self._other, running, InvocationMetrics(None))
        self._model = session.get_service_model("sagemaker-runtime")

    async def _other(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.passed_on.append(scope.get("path", scope["type"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"elsewhere"})

    def invoke(self, body: bytes = b"{}", name: str = "endpoint", **headers: str) -> dict[str, Any]:
        return self.request(f"/endpoints/{name}/invocations", body, headers=headers)

    def request(
        self, path: str, body: bytes | list[bytes] = b"{}", *, method: str = "POST", headers: Any = None
    ) -> dict[str, Any]:
        status, answered, content = asyncio.run(self.send(path, body, method, headers or {}))
        response = {"status_code": status, "headers": answered, "body": content}
        if status == 200:
            return {**response, "answered": answered}
        parser = create_parser("rest-json")
        parsed = parser.parse(response, self._model.operation_model("InvokeEndpoint").output_shape)
        shape = self._model.shape_for_error_code(parsed["Error"]["Code"])
        return {**parsed, **(parser.parse(response, shape) if shape else {}), "Error": parsed["Error"]}

    async def send(
        self, path: str, body: bytes | list[bytes], method: str, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        parts = [body] if isinstance(body, bytes) else list(body)
        messages = [
            {"type": "http.request", "body": part, "more_body": index + 1 < len(parts)}
            for index, part in enumerate(parts)
        ] or [{"type": "http.disconnect"}]
        self.unread = messages
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return messages.pop(0)

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        named = {"authorization": self.signature(), **{k.replace("_", "-"): v for k, v in headers.items()}}
        encoded = [(key.encode(), value.encode("latin-1")) for key, value in named.items()]
        await self._app({"type": "http", "method": method, "path": path, "headers": encoded}, receive, send)
        start, end = sent
        answered = {key.decode(): value.decode() for key, value in start["headers"]}
        return start["status"], answered, end["body"]

    @staticmethod
    def signature(account: str = "000000000000", region: str = "us-east-1") -> str:
        credential = CREDENTIAL.format(account=account, region=region)
        return f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"


@pytest.fixture
def caller(running: Running, botocore_session: Any) -> Caller:
    return Caller(running, botocore_session)


@pytest.fixture
def serve(running: Running, variant: Any, http_container: Any) -> Callable[..., Any]:
    """Put one variant behind the endpoint and return its container."""

    def put(answer: Any = None, name: str = "primary", **shape: Any) -> Any:
        container = http_container(answer)
        running.set(variant(name, container, **shape))
        return container

    return put


class TestAnswer:
    def test_it_is_the_containers_own(self, caller: Caller, serve: Any, answering: Any) -> None:
        container = serve(answering(200, b"\x93NUMPY", {"Content-Type": "application/x-npy"}))

        answer = caller.invoke(b"[1]", content_type="application/json", accept="application/x-npy")

        assert answer["body"] == b"\x93NUMPY"
        assert answer["answered"]["content-type"] == "application/x-npy"
        assert answer["answered"]["x-amzn-invoked-production-variant"] == "primary"
        (request,) = container.requests
        assert (request.path, request.body) == ("/invocations", b"[1]")
        assert request.headers["content-type"] == "application/json"
        assert request.headers["accept"] == "application/x-npy"

    @pytest.mark.parametrize("status", [200, 201, 299])
    def test_every_success_is_one(self, caller: Caller, serve: Any, answering: Any, status: int) -> None:
        serve(answering(status, b"fine"))

        answer = caller.invoke()

        assert (answer["status_code"], answer["body"]) == (200, b"fine")

    def test_custom_attributes_go_both_ways(self, caller: Caller, serve: Any, answering: Any) -> None:
        given = "trace=café"
        header = "X-Amzn-SageMaker-Custom-Attributes"
        container = serve(answering(200, b"{}", {"Content-Type": "text/plain", header: "seen"}))

        answer = caller.invoke(x_amzn_sagemaker_custom_attributes=given)

        assert container.requests[0].headers[header.lower()] == given
        assert answer["answered"][header.lower()] == "seen"

    def test_neither_the_signature_nor_other_headers_reach_the_container(self, caller: Caller, serve: Any) -> None:
        container = serve()

        caller.invoke(x_amz_security_token="secret", cookie="c", host="h")

        assert not container.requests[0].headers.keys() & {"authorization", "x-amz-security-token", "cookie"}

    def test_a_body_in_many_parts_arrives_whole(self, caller: Caller, serve: Any) -> None:
        container = serve()

        caller.request("/endpoints/endpoint/invocations", [b"one ", b"", b"two"])

        assert container.requests[0].body == b"one two"

    def test_requests_run_beside_each_other(self, caller: Caller, serve: Any, answering: Any) -> None:
        """A slow endpoint holds up no other call: 40 requests are in the container at once."""
        together = threading.Barrier(40)

        def answer(_request: Any) -> Any:
            together.wait(WAIT)
            return answering(200, b"met")

        serve(answer)

        async def invoke_all() -> list[tuple[int, dict[str, str], bytes]]:
            calls = [caller.send("/endpoints/endpoint/invocations", b"{}", "POST", {}) for _ in range(40)]
            return await asyncio.gather(*calls)

        assert {body for _, _, body in asyncio.run(invoke_all())} == {b"met"}


class TestModelError:
    @pytest.mark.parametrize(
        ("status", "side"), [(400, "client"), (404, "client"), (415, "client"), (500, "server"), (503, "server")]
    )
    def test_a_containers_error_is_named_with_its_status(
        self, caller: Caller, serve: Any, answering: Any, status: int, side: str
    ) -> None:
        serve(answering(status, '{"reason": "naïve"}'.encode()))

        answer = caller.invoke()

        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 424
        assert answer["Error"]["Code"] == "ModelError"
        assert answer["OriginalStatusCode"] == status
        assert answer["OriginalMessage"] == '{"reason": "naïve"}'
        message = answer["Error"]["Message"]
        assert message.startswith(f"Received {side} error ({status}) from primary with message")
        assert "/aws/sagemaker/Endpoints/endpoint in account 000000000000" in message
        assert answer["LogStreamArn"].startswith("arn:aws:logs:us-east-1:000000000000:log-group:/aws/sagemaker/")

    def test_a_redirect_is_not_followed(self, caller: Caller, serve: Any, answering: Any) -> None:
        container = serve(answering(302, b"over there", {"Location": "/elsewhere"}))

        answer = caller.invoke()

        assert answer["OriginalStatusCode"] == 302
        assert [request.path for request in container.requests] == ["/invocations"]

    def test_a_message_that_is_no_text_is_still_told(self, caller: Caller, serve: Any, answering: Any) -> None:
        serve(answering(500, b"\xff\xfe"))

        assert caller.invoke()["OriginalStatusCode"] == 500

    def test_a_container_that_ends_without_an_answer(self, caller: Caller, serve: Any) -> None:
        serve(lambda _: None)

        answer = caller.invoke()

        assert answer["Error"]["Code"] == "ModelError"
        assert answer["OriginalStatusCode"] == 503

    def test_a_container_that_is_not_there(self, caller: Caller, running: Running, variant: Any) -> None:
        running.set(variant())

        assert caller.invoke()["OriginalStatusCode"] == 503

    def test_a_container_that_takes_too_long(
        self, caller: Caller, serve: Any, answering: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(forwarding, "INVOCATION_TIMEOUT", 0.05)
        asked = threading.Event()

        def answer(_request: Any) -> Any:
            asked.wait(WAIT)
            return answering()

        serve(answer)
        try:
            answered = caller.invoke()
        finally:
            asked.set()

        assert answered["Error"]["Code"] == "ModelError"
        assert answered["OriginalStatusCode"] == 0
        assert answered["OriginalMessage"].startswith("Your invocation timed out while waiting for a response")


class TestPayload:
    @pytest.mark.parametrize(("shape", "limit"), [({}, 6_291_456), (SERVERLESS, 4_194_304)])
    def test_a_request_of_the_limit_passes_and_one_byte_more_does_not(
        self, caller: Caller, serve: Any, shape: dict[str, Any], limit: int
    ) -> None:
        container = serve(**shape)

        assert caller.invoke(bytes(limit))["status_code"] == 200
        answer = caller.invoke(bytes(limit + 1))

        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert answer["Error"]["Code"] == "ValidationError"
        assert f"length less than or equal to {limit}" in answer["Error"]["Message"]
        assert len(container.requests) == 1

    @pytest.mark.parametrize(("shape", "limit"), [({}, 6_291_456), (SERVERLESS, 4_194_304)])
    def test_an_answer_of_the_limit_passes_and_one_byte_more_does_not(
        self, caller: Caller, serve: Any, answering: Any, shape: dict[str, Any], limit: int
    ) -> None:
        sizes = iter([limit, limit + 1])
        serve(lambda _: answering(200, bytes(next(sizes))), **shape)

        assert len(caller.invoke()["body"]) == limit
        answer = caller.invoke()

        assert answer["Error"]["Code"] == "ModelError"
        assert str(limit) in answer["OriginalMessage"]


class TestVariants:
    @pytest.fixture
    def two(self, running: Running, variant: Any, http_container: Any) -> Callable[..., None]:
        def put(blue: float, green: float) -> None:
            running.set(
                variant("blue", http_container(), InitialVariantWeight=blue),
                variant("green", http_container(), InitialVariantWeight=green),
            )

        return put

    def invoked(self, caller: Caller, **headers: str) -> str:
        return caller.invoke(**headers)["answered"]["x-amzn-invoked-production-variant"]

    @pytest.mark.parametrize("target", ["blue", "green"])
    def test_the_target_variant_answers(self, caller: Caller, two: Any, target: str) -> None:
        two(1, 0)

        assert self.invoked(caller, x_amzn_sagemaker_target_variant=target) == target

    def test_a_target_variant_that_is_not_there_is_refused(self, caller: Caller, two: Any) -> None:
        two(1, 1)

        answer = caller.invoke(x_amzn_sagemaker_target_variant="red")

        assert answer["Error"] == {
            "Code": "ValidationError",
            "Message": "Variant red not found for Endpoint endpoint",
        }

    def test_traffic_follows_the_weights(self, caller: Caller, two: Any, monkeypatch: Any) -> None:
        monkeypatch.setattr(traffic, "random", random.Random(7))  # noqa: S311 - the same draws every time
        two(3, 1)

        answers = [self.invoked(caller) for _ in range(200)]

        assert 130 <= answers.count("blue") <= 170

    def test_a_variant_of_weight_zero_gets_nothing(self, caller: Caller, two: Any) -> None:
        two(0, 0.1)

        assert {self.invoked(caller) for _ in range(20)} == {"green"}

    def test_weights_of_zero_everywhere_still_answer(self, caller: Caller, two: Any) -> None:
        two(0, 0)

        assert self.invoked(caller) in {"blue", "green"}

    def test_a_request_at_the_moment_of_the_switch_goes_to_the_new_variant(
        self,
        caller: Caller,
        running: Running,
        variant: Any,
        http_container: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        old, new = variant("old", http_container()), variant("new", http_container())

        answers = [old, new]  # the old one was chosen just before it was taken out of service
        old.stop()
        monkeypatch.setattr(running, "running", lambda *_: [answers.pop(0)])

        assert self.invoked(caller) == "new"


class TestRefusals:
    def test_an_endpoint_that_does_not_exist(self, caller: Caller) -> None:
        answer = caller.invoke(name="absent")

        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert answer["Error"] == {
            "Code": "ValidationError",
            "Message": "Endpoint absent of account 000000000000 not found.",
        }

    @pytest.mark.parametrize("kind", ["invocations", "async-invocations", "invocations-response-stream"])
    def test_a_refused_request_is_read_to_its_end(self, caller: Caller, kind: str) -> None:
        """Otherwise the server ends the connection, on which a client may have its next request under way."""
        answer = caller.request(f"/endpoints/absent/{kind}", [b"{", b"}"])
        assert answer["Error"]["Code"] == "ValidationError"
        assert caller.unread == []

    def test_an_endpoint_of_another_account(self, caller: Caller, serve: Any) -> None:
        serve()

        answer = caller.invoke(authorization=caller.signature("123456789012"))

        assert "Endpoint endpoint of account 123456789012 not found" in answer["Error"]["Message"]

    def test_an_endpoint_of_another_region(self, caller: Caller, serve: Any) -> None:
        serve()

        answer = caller.invoke(authorization=caller.signature(region="eu-central-1"))

        assert answer["Error"]["Code"] == "ValidationError"

    @pytest.mark.parametrize(
        ("path", "operation"),
        [
            ("async-invocations", "InvokeEndpointAsync"),
            ("invocations-response-stream", "InvokeEndpointWithResponseStream"),
        ],
    )
    def test_what_is_not_implemented_is_refused_by_name(
        self, caller: Caller, serve: Any, path: str, operation: str
    ) -> None:
        container = serve()

        answer = caller.request(f"/endpoints/endpoint/{path}")

        assert 400 <= answer["ResponseMetadata"]["HTTPStatusCode"] < 500
        assert operation in answer["Error"]["Message"]
        assert container.requests == []

    @pytest.mark.parametrize("header", ["target_model", "target_container_hostname", "inference_component"])
    def test_a_header_that_would_be_ignored_is_refused(self, caller: Caller, serve: Any, header: str) -> None:
        container = serve()

        answer = caller.invoke(**{f"x_amzn_sagemaker_{header}": "one"})

        assert "does not implement" in answer["Error"]["Message"]
        assert container.requests == []

    def test_a_caller_that_went_away_while_it_sent(self, caller: Caller, serve: Any) -> None:
        container = serve()

        caller.request("/endpoints/endpoint/invocations", [])

        assert container.requests == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/endpoints/endpoint/invocations"), ("POST", "/"), ("POST", "/bucket/endpoints/e/invocations")],
)
def test_other_requests_are_passed_on(caller: Caller, method: str, path: str) -> None:
    answer = caller.request(path, method=method)

    assert answer["body"] == b"elsewhere"
    assert caller.passed_on == [path]


def test_the_start_and_end_of_the_server_are_passed_on(running: Running, botocore_session: Any) -> None:
    caller = Caller(running, botocore_session)

    async def ignore(*_: Any) -> dict[str, Any]:
        return {}

    asyncio.run(caller._app({"type": "lifespan"}, ignore, ignore))

    assert caller.passed_on == ["lifespan"]


def test_requests_in_flight_finish_while_the_variant_is_taken_out(
    caller: Caller, running: Running, variant: Any, http_container: Any, answering: Any
) -> None:
    arrived, go = threading.Event(), threading.Event()

    def answer(_request: Any) -> Any:
        arrived.set()
        assert go.wait(WAIT)
        return answering(200, json.dumps("old").encode())

    old = variant("old", http_container(answer))
    running.set(old)
    with ThreadPoolExecutor(2) as pool:
        call = pool.submit(caller.invoke)
        assert arrived.wait(WAIT)
        stop = pool.submit(old.stop)
        go.set()

        assert call.result(WAIT)["body"] == b'"old"'
        stop.result(WAIT)
