"""What SageMaker does with the execution role in strict mode: taking it on, the image, the logs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from local_aws import ministack_seam as seam
from local_aws import service_roles
from local_aws.api_error import ApiError
from local_aws.door import Door
from local_aws.sagemaker.container import ContainerError
from local_aws.sagemaker.model_data import ModelData
from local_aws.sagemaker.model_source import ModelSource
from local_aws.sagemaker.role_access import RoleAccess, RoleLogs
from local_aws.service_roles import RoleNotAssumableError, ServiceRoles

ACCOUNT, REGION = "123456789012", "eu-central-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/runs-the-model"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/images:tag"
REPOSITORY = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/images"


class Roles:
    """Takes on a role, or may not."""

    def __init__(self, clients: Any) -> None:
        self._clients = clients
        self.assumable = True
        self.assumed: list[str] = []

    def of(self, role_arn: str) -> Any:
        if not self.assumable:
            raise RoleNotAssumableError(f"SageMaker may not assume the role {role_arn}")
        self.assumed.append(role_arn)
        return self._clients


class Iam:
    """Simulates policies."""

    def __init__(self) -> None:
        self.denied: set[str] = set()
        self.asked: list[tuple[str, str]] = []

    def simulate_principal_policy(
        self,
        PolicySourceArn: str,  # noqa: N803 - boto3's names
        ActionNames: list[str],  # noqa: N803
        ResourceArns: list[str],  # noqa: N803
    ) -> dict[str, Any]:
        assert PolicySourceArn == ROLE
        self.asked += [(action, resource) for action in ActionNames for resource in ResourceArns]
        decisions = ["implicitDeny" if action in self.denied else "allowed" for action in ActionNames]
        return {"EvaluationResults": [{"EvalDecision": decision} for decision in decisions]}


class Logs:
    """CloudWatch Logs that may fail."""

    class exceptions:  # noqa: N801 - boto3's name
        class ResourceAlreadyExistsException(Exception):  # noqa: N818 - boto3's name
            pass

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        def call(**request: Any) -> None:
            self.calls.append((name, request))
            if self.failure:
                raise self.failure

        return call


@pytest.fixture
def logs() -> Logs:
    return Logs()


@pytest.fixture
def iam() -> Iam:
    return Iam()


@pytest.fixture
def roles(fake_clients: Any, logs: Logs) -> Roles:
    return Roles(fake_clients(logs=logs))


@pytest.fixture
def access(fake_clients: Any, iam: Iam, roles: Roles) -> RoleAccess:
    return RoleAccess(fake_clients(iam=iam), roles)  # type: ignore[arg-type]


class TestAccess:
    def test_it_is_the_roles(self, access: RoleAccess, roles: Roles, logs: Logs) -> None:
        given = access(ROLE, IMAGE)
        given.logs.create_log_stream(logGroupName="group", logStreamName="stream")

        assert roles.assumed == [ROLE]
        assert logs.calls == [("create_log_stream", {"logGroupName": "group", "logStreamName": "stream"})]

    def test_a_role_that_cannot_be_taken_on_is_the_failure(self, access: RoleAccess, roles: Roles) -> None:
        roles.assumable = False

        with pytest.raises(ContainerError, match=f"may not assume the role {ROLE}"):
            access(ROLE, IMAGE)

    def test_the_image_has_to_be_allowed(self, access: RoleAccess, iam: Iam) -> None:
        access(ROLE, IMAGE)

        assert iam.asked == [
            ("ecr:BatchGetImage", REPOSITORY),
            ("ecr:GetDownloadUrlForLayer", REPOSITORY),
            ("ecr:GetAuthorizationToken", "*"),
        ]

    @pytest.mark.parametrize("permission", ["BatchGetImage", "GetDownloadUrlForLayer", "GetAuthorizationToken"])
    def test_what_may_not_be_pulled_is_the_failure(self, access: RoleAccess, iam: Iam, permission: str) -> None:
        iam.denied.add(f"ecr:{permission}")

        with pytest.raises(ContainerError) as raised:
            access(ROLE, IMAGE)

        assert str(raised.value) == (
            f"The role '{ROLE}' does not have {permission} permission for the image: '{IMAGE}'."
        )

    def test_an_image_in_no_registry_of_awss_is_not_asked_about(self, access: RoleAccess, iam: Iam) -> None:
        access(ROLE, "registry.example/images:tag")

        assert iam.asked == []


def denied(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not yours"}}, operation)


class TestLogs:
    @pytest.fixture
    def of_the_role(self, fake_clients: Any, logs: Logs) -> RoleLogs:
        return RoleLogs(fake_clients(logs=logs))

    def test_what_may_not_be_written_is_lost_and_told_once(
        self, of_the_role: RoleLogs, logs: Logs, caplog: pytest.LogCaptureFixture
    ) -> None:
        logs.failure = denied("PutLogEvents")
        with caplog.at_level(logging.WARNING):
            of_the_role.create_log_stream(logGroupName="group", logStreamName="stream")
            of_the_role.put_log_events(logGroupName="group", logStreamName="stream", logEvents=[])

        assert [name for name, _ in logs.calls] == ["create_log_stream", "put_log_events"]
        assert len(caplog.messages) == 1
        assert "not yours" in caplog.messages[0]

    def test_a_group_that_may_not_be_made_is_no_news(
        self, of_the_role: RoleLogs, logs: Logs, caplog: pytest.LogCaptureFixture
    ) -> None:
        logs.failure = denied("CreateLogGroup")

        of_the_role.create_log_group(logGroupName="group")

        assert caplog.messages == []

    def test_a_role_that_is_gone_is_told_like_a_denial(
        self, of_the_role: RoleLogs, logs: Logs, caplog: pytest.LogCaptureFixture
    ) -> None:
        logs.failure = RoleNotAssumableError("no such role any more")

        of_the_role.put_log_events(logGroupName="group", logStreamName="stream", logEvents=[])

        assert "no such role any more" in caplog.text

    @pytest.mark.parametrize(
        "failure",
        [
            Logs.exceptions.ResourceAlreadyExistsException(),
            ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "no group"}}, "PutLogEvents"),
            EndpointConnectionError(endpoint_url="https://127.0.0.1:1"),
        ],
        ids=["it is there", "the group is not", "nobody answers"],
    )
    def test_other_failures_are_the_callers(self, of_the_role: RoleLogs, logs: Logs, failure: Exception) -> None:
        logs.failure = failure

        with pytest.raises(type(failure)):
            of_the_role.create_log_stream(logGroupName="group", logStreamName="stream")


class TestCreateModel:
    """CreateModel looks at the tarball with the role's own eyes."""

    class S3:
        def __init__(self, failure: Exception | None = None) -> None:
            self.failure = failure
            self.meta = type("Meta", (), {"region_name": REGION})

        def head_object(self, **_: str) -> None:
            if self.failure:
                raise self.failure

    def check(self, fake_clients: Any, failure: Exception | None = None, *, assumable: bool = True) -> None:
        roles = Roles(fake_clients(s3=self.S3(failure)))
        roles.assumable = assumable
        ModelData(fake_clients(s3=self.S3()), roles).check_access(  # type: ignore[arg-type]
            ModelSource("s3://bucket/model.tar.gz"), ROLE
        )

    def test_a_role_that_reads_it_passes(self, fake_clients: Any) -> None:
        self.check(fake_clients)

    def test_a_role_that_may_not_read_it_is_refused(self, fake_clients: Any) -> None:
        forbidden = ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject")

        with pytest.raises(ApiError, match='ensure that the role has "s3:GetObject" permissions'):
            self.check(fake_clients, forbidden)

    def test_a_role_that_cannot_be_taken_on_is_refused(self, fake_clients: Any) -> None:
        with pytest.raises(ApiError, match="trust relationship policy"):
            self.check(fake_clients, assumable=False)


class TestServiceRoles:
    @pytest.fixture
    def sessions(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
        """Remember what was assumed; credentials are about to expire."""
        asked: list[tuple[Any, ...]] = []

        def assume(*request: Any) -> seam.RoleSession | None:
            asked.append(request)
            number = len(asked)
            return seam.RoleSession(f"ASIA{number}", "secret", "token", time.time() + 60)

        monkeypatch.setattr(service_roles.seam, "assume_role", assume)
        return asked

    def test_a_client_signs_with_credentials_that_renew_themselves(self, sessions: list[Any]) -> None:
        with seam.request_scope(ACCOUNT, REGION):
            client = ServiceRoles(Door("https://127.0.0.1:1")).of(ROLE).client("s3")

        first, second = (client._get_credentials().get_frozen_credentials().access_key for _ in range(2))

        assert first != second
        assert client.meta.region_name == REGION
        role, service, name, context = sessions[0]
        assert (role, service, name) == (ROLE, "sagemaker.amazonaws.com", "SageMaker")
        assert context["aws:SourceAccount"] == ACCOUNT

    def test_a_role_that_does_not_trust_sagemaker_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service_roles.seam, "assume_role", lambda *_: None)

        with pytest.raises(RoleNotAssumableError, match=ROLE):
            ServiceRoles(Door("https://127.0.0.1:1")).of(ROLE)
