"""What `ministack_seam` makes of ministack's IAM: signatures, policies and roles, without a server."""

from __future__ import annotations

import contextvars
import importlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ACCOUNT, REGION = "123456789012", "eu-central-1"
URL = "https://127.0.0.1/endpoints/scores/invocations"
ENDPOINT = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/scores"
SECRET = "of-the-root"
TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "sagemaker.amazonaws.com"},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
}


@pytest.fixture
def seam(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Import the seam, in the scope of an account, with all that it mends undone at the end."""
    module = importlib.import_module("local_aws.ministack_seam")
    evaluator = importlib.import_module("ministack.core.iam_evaluator")
    actions = importlib.import_module("ministack.core.iam_actions")
    iam, sts = (importlib.import_module(f"ministack.services.{name}") for name in ("iam", "sts"))
    for name in ("_is_root_key", "enforce"):
        monkeypatch.setattr(evaluator, name, getattr(evaluator, name))
    monkeypatch.setattr(actions, "extract_resource_arn", actions.extract_resource_arn)
    for name in ("_roles", "_users", "_access_keys", "_user_inline_policies"):
        monkeypatch.setattr(iam, name, type(iam._roles)())
    monkeypatch.setattr(sts, "_sessions", {})
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with module.request_scope(ACCOUNT, REGION):
        yield module


@pytest.fixture
def user(seam: Any) -> Callable[..., Credentials]:
    """Make a user with one policy: `user({"Effect": "Allow", ...})`; returns the access key."""
    iam = importlib.import_module("ministack.services.iam")

    def make(*statements: dict[str, Any]) -> Credentials:
        iam._users["caller"] = {"Arn": f"arn:aws:iam::{ACCOUNT}:user/caller", "UserId": "AIDA"}
        iam._user_inline_policies["caller"] = {"own": json.dumps({"Statement": statements})}
        key = {"UserName": "caller", "Status": "Active", "SecretAccessKey": "of-the-caller"}
        iam._access_keys["AKIACALLER"] = key
        return Credentials("AKIACALLER", "of-the-caller")

    return make


def request(credentials: Credentials | None, body: bytes = b"[]", service: str = "sagemaker") -> dict[str, Any]:
    """Return the ASGI scope of a signed request."""
    signed = AWSRequest("POST", URL, {"Content-Type": "application/json", "host": "127.0.0.1"}, body)
    if credentials:
        SigV4Auth(credentials, service, REGION).add_auth(signed)
    headers = [(key.lower().encode(), value.encode()) for key, value in signed.headers.items()]
    path = "/endpoints/scores/invocations"
    return {"method": "POST", "path": path, "raw_path": path.encode(), "headers": headers, "scheme": "https"}


def refusal(
    seam: Any,
    scope: dict[str, Any],
    body: bytes = b"[]",
    action: str = "sagemaker:InvokeEndpoint",
    resource: str = ENDPOINT,
) -> Any:
    headers = {key.decode(): value.decode() for key, value in scope["headers"]}

    def ask() -> Any:
        seam.hold_request(scope, body)
        return seam.refusal(headers, action, resource)

    # Every request has a context of its own.
    return contextvars.copy_context().run(ask)


ALLOW = {"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": ENDPOINT}


class TestRefusal:
    def test_who_may_and_signed_is_let_through(self, seam: Any, user: Any) -> None:
        seam.require_signatures()

        assert refusal(seam, request(user(ALLOW))) is None

    def test_who_may_not_is_refused_in_awss_words(self, seam: Any, user: Any) -> None:
        seam.require_signatures()

        refused = refusal(seam, request(user({**ALLOW, "Resource": ENDPOINT + "-other"})))

        assert (refused.code, refused.status) == ("AccessDeniedException", 403)
        assert refused.message == (
            f"User: arn:aws:iam::{ACCOUNT}:user/caller is not authorized to perform: sagemaker:InvokeEndpoint on"
            f" resource: {ENDPOINT} because no identity-based policy allows the sagemaker:InvokeEndpoint action"
        )

    def test_an_explicit_deny_is_told_as_such(self, seam: Any, user: Any) -> None:
        refused = refusal(seam, request(user(ALLOW, {**ALLOW, "Effect": "Deny"})))

        assert refused.message.endswith("with an explicit deny in an identity-based policy")

    def test_a_permission_for_another_action_does_not_count(self, seam: Any, user: Any) -> None:
        assert refusal(seam, request(user(ALLOW)), action="sagemaker:DeleteEndpoint").code == (
            "AccessDeniedException"
        )

    @pytest.mark.parametrize("known", ["AKIACALLER", ACCOUNT, "test"], ids=["user", "root", "default root"])
    def test_a_wrong_secret_is_refused(self, seam: Any, user: Any, known: str) -> None:
        user(ALLOW)
        seam.require_signatures()

        refused = refusal(seam, request(Credentials(known, "a guess")))

        assert (refused.code, refused.status) == ("InvalidSignatureException", 403)

    def test_the_root_signs_with_its_secret(self, seam: Any) -> None:
        seam.require_signatures()

        assert refusal(seam, request(Credentials(ACCOUNT, SECRET))) is None

    def test_another_body_than_the_signed_one_is_refused(self, seam: Any, user: Any) -> None:
        seam.require_signatures()

        refused = refusal(seam, request(user(ALLOW)), body=b"[1]")

        assert refused.code == "InvalidSignatureException"

    def test_who_signs_as_one_cannot_be_another(self, seam: Any, user: Any) -> None:
        """The signature of the first header is checked; the last one is what a dict of headers holds."""
        seam.require_signatures()
        scope = request(user(ALLOW))
        credential = f"Credential={ACCOUNT}/20260101/{REGION}/sagemaker/aws4_request"
        another = f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"
        scope["headers"].append((b"authorization", another.encode()))

        assert refusal(seam, scope).code == "InvalidSignatureException"

    def test_an_unknown_key_is_refused(self, seam: Any) -> None:
        refused = refusal(seam, request(Credentials("AKIANOBODY", "x")))

        assert (refused.code, refused.status) == ("UnrecognizedClientException", 403)

    @pytest.mark.parametrize("authorization", [None, "Bearer token", "Basic dGVzdDp0ZXN0"])
    def test_a_request_without_signature_is_refused(self, seam: Any, authorization: str | None) -> None:
        seam.require_signatures()
        scope = request(None)
        if authorization:
            scope["headers"].append((b"authorization", authorization.encode()))

        refused = refusal(seam, scope)

        assert (refused.code, refused.status) == ("MissingAuthenticationTokenException", 403)

    def test_the_json_protocols_refuse_with_400(self, seam: Any, user: Any) -> None:
        scope = request(user())
        scope["headers"].append((b"x-amz-target", b"SageMaker.DescribeEndpoint"))

        assert refusal(seam, scope, action="sagemaker:DescribeEndpoint").status == 400


def test_the_account_of_a_request_is_that_of_the_users_key(
    seam: Any, user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.import_module("ministack.app"), "AUTH", True)
    headers = {key.decode(): value.decode() for key, value in request(user(ALLOW))["headers"]}

    with seam.request_scope("999999999999", "us-east-1"):
        seam.enter_request_scope(headers)

        assert (seam.account(), seam.region()) == (ACCOUNT, REGION)


class TestAssumeRole:
    ARN = f"arn:aws:iam::{ACCOUNT}:role/runs-the-model"

    @pytest.fixture
    def role(self, seam: Any) -> Callable[..., None]:
        """Make a role with a trust policy and a policy of its own."""
        iam = importlib.import_module("ministack.services.iam")

        def make(trust: dict[str, Any], *statements: dict[str, Any]) -> None:
            iam._roles["runs-the-model"] = {
                "Arn": self.ARN,
                "RoleId": "AROA",
                "AssumeRolePolicyDocument": json.dumps({"Statement": [trust]}),
                "InlinePolicies": {"own": json.dumps({"Statement": statements})},
            }

        return make

    def assume(self, seam: Any, arn: str = ARN, account: str = ACCOUNT) -> Any:
        context = {"aws:SourceAccount": account}
        return seam.assume_role(arn, "sagemaker.amazonaws.com", "SageMaker", context)

    def test_its_credentials_do_what_the_role_may(self, seam: Any, role: Any) -> None:
        role(TRUST, ALLOW)
        seam.require_signatures()

        session = self.assume(seam)

        credentials = Credentials(session.access_key_id, session.secret_access_key, session.session_token)
        assert refusal(seam, request(credentials)) is None
        refused = refusal(seam, request(credentials), action="s3:GetObject")
        assert f"arn:aws:sts::{ACCOUNT}:assumed-role/runs-the-model/SageMaker is not authorized" in refused.message

    @pytest.mark.parametrize(
        "change",
        [
            {"Principal": {"Service": "lambda.amazonaws.com"}},
            {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}},
            {"Action": "sts:TagSession"},
            {"Effect": "Deny"},
        ],
        ids=["another service", "the account alone", "another action", "a denial"],
    )
    def test_a_role_that_does_not_trust_the_service_is_not_taken_on(
        self, seam: Any, role: Any, change: dict[str, Any]
    ) -> None:
        role({**TRUST, **change})

        assert self.assume(seam) is None

    def test_another_account_as_the_source_is_refused(self, seam: Any, role: Any) -> None:
        role(TRUST)

        assert self.assume(seam, account="999999999999") is None

    @pytest.mark.parametrize("arn", [ARN + "-not", f"arn:aws:iam::999999999999:role/{ARN[31:]}", "", "no-arn"])
    def test_a_role_that_is_not_there_is_none(self, seam: Any, role: Any, arn: str) -> None:
        role(TRUST)

        assert self.assume(seam, arn=arn) is None


class TestResourceNames:
    @staticmethod
    def described(repositories: list[str], target: str = "DescribeRepositories") -> str:
        actions = importlib.import_module("ministack.core.iam_actions")
        headers = {"x-amz-target": f"AmazonEC2ContainerRegistry_V20150921.{target}"}
        body = json.dumps({"repositoryNames": repositories}).encode()
        return str(actions.extract_resource_arn("ecr", "POST", "/", headers, body, {}, REGION, ACCOUNT))

    def test_a_described_repository_is_named(self, seam: Any) -> None:
        seam.name_described_repositories()

        assert self.described(["images"]) == f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/images"

    @pytest.mark.parametrize(
        ("names", "target"), [([], "DescribeRepositories"), (["a", "b"], "DescribeRepositories"), (["a"], "Other")]
    )
    def test_everything_else_is_about_all(self, seam: Any, names: list[str], target: str) -> None:
        seam.name_described_repositories()

        assert self.described(names, target) == "*"

    @pytest.mark.parametrize("body", [b"", b"no json", b"[1]", b'{"repositoryNames": 1}'])
    def test_what_is_no_request_is_about_all(self, seam: Any, body: bytes) -> None:
        seam.name_described_repositories()
        actions = importlib.import_module("ministack.core.iam_actions")
        headers = {"x-amz-target": "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories"}

        arn = actions.extract_resource_arn("ecr", "POST", "/", headers, body, {}, REGION, ACCOUNT)

        assert arn == "*"

    @pytest.mark.parametrize(
        ("action", "resource", "allowed"),
        [
            ("logs:PutLogEvents", "log-group:mine:*", True),
            ("logs:PutLogEvents", "log-group:mine", False),
            ("logs:TagResource", "log-group:mine", True),
        ],
    )
    def test_a_log_group_is_named_with_its_streams(
        self, seam: Any, user: Any, action: str, resource: str, allowed: bool
    ) -> None:
        seam.name_log_groups_with_their_streams()
        place = f"arn:aws:logs:{REGION}:{ACCOUNT}:"
        credentials = user({"Effect": "Allow", "Action": action, "Resource": place + resource})

        refused = refusal(seam, request(credentials), action=action, resource=f"{place}log-group:mine")

        assert (refused is None) is allowed
