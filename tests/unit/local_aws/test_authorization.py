"""What our own services ask IAM in strict mode, with an IAM that is a stand-in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws import authorization
from local_aws import ministack_seam as seam
from local_aws.authorization import (
    AuthorizedService,
    Permission,
    autoscaling_permissions,
    require_invocation,
    sagemaker_permissions,
)
from local_aws.sagemaker.runtime import InvokeEndpoint
from local_aws.sagemaker.variant import REAL_TIME_PAYLOAD

ACCOUNT, REGION = "123456789012", "eu-central-1"
PLACE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/runs-the-model"


@pytest.fixture(autouse=True)
def scope() -> Iterator[None]:
    with seam.request_scope(ACCOUNT, REGION):
        yield


class Iam:
    """Refuses some permissions, and remembers what it was asked."""

    def __init__(self) -> None:
        self.refused: dict[str, seam.Refusal] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.held: list[bytes] = []

    def refuse(self, action: str, status: int = 400) -> None:
        self.refused[action] = seam.Refusal("AccessDeniedException", f"may not {action}", status)

    def refusal(self, headers: Any, action: str, resource: str, context: dict[str, str]) -> seam.Refusal | None:
        self.asked.append((action, resource, context))
        return self.refused.get(action)

    def hold_request(self, scope: Any, body: bytes) -> None:
        self.held.append(body)


@pytest.fixture
def iam(monkeypatch: pytest.MonkeyPatch) -> Iam:
    made = Iam()
    monkeypatch.setattr(authorization.seam, "refusal", made.refusal)
    monkeypatch.setattr(authorization.seam, "hold_request", made.hold_request)
    return made


@pytest.mark.parametrize(
    ("operation", "request_", "wanted"),
    [
        ("DescribeEndpoint", {"EndpointName": "Scores"}, [("DescribeEndpoint", "endpoint/scores")]),
        (
            "CreateEndpoint",
            {"EndpointName": "scores", "EndpointConfigName": "small"},
            [("CreateEndpoint", "endpoint/scores"), ("CreateEndpoint", "endpoint-config/small")],
        ),
        (
            "UpdateEndpoint",
            {"EndpointName": "scores", "EndpointConfigName": "small"},
            [("UpdateEndpoint", "endpoint/scores"), ("UpdateEndpoint", "endpoint-config/small")],
        ),
        (
            "CreateEndpoint",
            {"EndpointName": "scores", "EndpointConfigName": "small", "Tags": [{"Key": "a", "Value": "b"}]},
            [
                ("CreateEndpoint", "endpoint/scores"),
                ("CreateEndpoint", "endpoint-config/small"),
                ("AddTags", "endpoint/scores"),
            ],
        ),
        (
            "CreateEndpointConfig",
            {"EndpointConfigName": "small", "ProductionVariants": [{"ModelName": "m"}]},
            [("CreateEndpointConfig", "endpoint-config/small")],
        ),
        ("DeleteModel", {"ModelName": "m"}, [("DeleteModel", "model/m")]),
    ],
)
def test_sagemakers_operations_are_about_what_they_name(
    operation: str, request_: dict[str, Any], wanted: list[tuple[str, str]]
) -> None:
    expected = [Permission(f"sagemaker:{action}", f"{PLACE}:{resource}") for action, resource in wanted]

    assert list(sagemaker_permissions(operation, request_)) == expected


@pytest.mark.parametrize("operation", ["ListEndpoints", "CreateTrainingJob", "", "DescribeEndpoint"])
def test_what_names_nothing_is_about_everything(operation: str) -> None:
    request = {"EndpointName": "scores"} if operation == "ListEndpoints" else {}

    assert list(sagemaker_permissions(operation, request)) == [Permission(f"sagemaker:{operation}", "*")]


def test_tags_are_about_the_resource_that_they_are_on() -> None:
    arn = f"{PLACE}:model/m"

    assert list(sagemaker_permissions("ListTags", {"ResourceArn": arn})) == [Permission("sagemaker:ListTags", arn)]


def test_a_role_has_to_be_passed() -> None:
    request = {"ModelName": "m", "ExecutionRoleArn": ROLE}

    assert list(sagemaker_permissions("CreateModel", request)) == [
        Permission("sagemaker:CreateModel", f"{PLACE}:model/m"),
        Permission("iam:PassRole", ROLE, {"iam:PassedToService": "sagemaker.amazonaws.com"}),
    ]


def test_scaling_is_about_targets_with_their_namespace() -> None:
    request = {
        "ServiceNamespace": "sagemaker",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "ResourceId": "endpoint/scores/variant/primary",
    }

    (permission,) = autoscaling_permissions("RegisterScalableTarget", request)

    assert permission == Permission(
        "application-autoscaling:RegisterScalableTarget",
        f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}:scalable-target/*",
        {
            "application-autoscaling:service-namespace": "sagemaker",
            "application-autoscaling:scalable-dimension": "sagemaker:variant:DesiredInstanceCount",
        },
    )
    (described,) = autoscaling_permissions("DescribeScalableTargets", {"ServiceNamespace": "sagemaker"})
    assert described.resource == "*"


class Counting:
    """A service that counts."""

    def __init__(self) -> None:
        self.answered = 0
        self.state: dict[str, Any] = {"kept": 1}

    async def handle_request(self, *_: Any) -> tuple[int, dict[str, str], bytes]:
        self.answered += 1
        return 200, {}, b"{}"

    def get_state(self) -> dict[str, Any]:
        return self.state

    def load_persisted_state(self, data: dict[str, Any]) -> None:
        self.state = data

    def reset(self) -> None:
        self.state = {}


class TestAuthorizedService:
    @staticmethod
    def call(service: AuthorizedService, body: bytes) -> tuple[int, dict[str, str], bytes]:
        headers = {"x-amz-target": "SageMaker.CreateModel"}
        return asyncio.run(service.handle_request("POST", "/", headers, body, {}))

    def test_who_may_is_answered(self, iam: Iam) -> None:
        counting = Counting()

        status, _, _ = self.call(AuthorizedService(counting, sagemaker_permissions), b'{"ModelName": "m"}')

        assert (status, counting.answered) == (200, 1)
        assert iam.asked == [("sagemaker:CreateModel", f"{PLACE}:model/m", {})]

    @pytest.mark.parametrize("action", ["sagemaker:CreateModel", "iam:PassRole"])
    def test_who_may_not_is_refused_as_the_protocol_has_it(self, iam: Iam, action: str) -> None:
        counting = Counting()
        iam.refuse(action)
        body = json.dumps({"ModelName": "m", "ExecutionRoleArn": ROLE}).encode()

        status, headers, answer = self.call(AuthorizedService(counting, sagemaker_permissions), body)

        assert (status, counting.answered) == (400, 0)
        assert headers["x-amzn-errortype"] == "AccessDeniedException"
        assert json.loads(answer) == {"__type": "AccessDeniedException", "message": f"may not {action}"}

    @pytest.mark.parametrize("body", [b"", b"no json", b"[1]", b"\xff", b"[" * 100_000])
    def test_what_is_no_request_is_left_to_the_service(self, iam: Iam, body: bytes) -> None:
        counting = Counting()

        assert self.call(AuthorizedService(counting, sagemaker_permissions), body)[0] == 200
        assert iam.asked == [("sagemaker:CreateModel", "*", {})]

    def test_its_state_is_the_services(self) -> None:
        counting = Counting()
        service = AuthorizedService(counting, sagemaker_permissions)

        assert service.get_state() == {"kept": 1}
        service.load_persisted_state({"kept": 2})
        assert counting.state == {"kept": 2}
        service.reset()
        assert counting.state == {}


class NoEndpoints:
    """Endpoints of which none is there, as who may invoke is told."""

    def running(self, *_: str) -> list[Any]:
        return []


class TestInvocation:
    @staticmethod
    def invoke(body: bytes, kind: str = "invocations") -> tuple[int, dict[str, Any]]:
        """Invoke an endpoint that is not there, through the middleware."""
        app = InvokeEndpoint(None, NoEndpoints(), None, require_invocation)  # type: ignore[arg-type]
        sent: list[dict[str, Any]] = []
        parts = [body[:3], body[3:]]

        async def receive() -> dict[str, Any]:
            part = parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(parts)}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        credential = f"Credential={ACCOUNT}/20260101/{REGION}/sagemaker/aws4_request"
        headers = [(b"authorization", f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0".encode())]
        path = f"/endpoints/Scores/{kind}"
        asyncio.run(
            app({"type": "http", "method": "POST", "path": path, "headers": headers}, receive, send)  # type: ignore[arg-type]
        )
        return sent[0]["status"], json.loads(sent[1]["body"])

    def test_who_may_not_learns_nothing_about_the_endpoint(self, iam: Iam) -> None:
        iam.refuse("sagemaker:InvokeEndpoint", status=403)

        status, answer = self.invoke(b"[1, 2]")

        assert (status, answer["Message"]) == (403, "may not sagemaker:InvokeEndpoint")
        assert iam.asked == [("sagemaker:InvokeEndpoint", f"{PLACE}:endpoint/scores", {})]
        assert iam.held == [b"[1, 2]"]

    def test_who_may_reaches_it(self, iam: Iam) -> None:
        status, answer = self.invoke(b"[1, 2]")

        assert (status, answer["Message"]) == (400, f"Endpoint Scores of account {ACCOUNT} not found.")

    def test_another_operation_is_another_permission(self, iam: Iam) -> None:
        iam.refuse("sagemaker:InvokeEndpointAsync", status=403)

        assert self.invoke(b"[]", "async-invocations")[0] == 403

    def test_what_is_too_large_for_any_endpoint_is_not_held(self, iam: Iam) -> None:
        status, answer = self.invoke(b" " * (REAL_TIME_PAYLOAD + 1))

        assert status == 400
        assert str(REAL_TIME_PAYLOAD) in answer["Message"]
        assert iam.held == []
