"""The passwords of ECR in strict mode, in ministack's ECR and IAM, without a server."""

from __future__ import annotations

import asyncio
import base64
import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws import ministack_seam as seam
from local_aws.image_passwords import new_password
from local_aws.registry_logins import RegistryLogins

ACCOUNT, REGION = "123456789012", "eu-central-1"
REPOSITORY = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/images"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
ALLOWED = [{"Effect": "Allow", "Action": ["ecr:PutImage", "s3:GetObject"], "Resource": "*"}]


@pytest.fixture(autouse=True)
def scope(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let ECR give out our passwords, in an account of this test's own."""
    ecr, iam, sts = (importlib.import_module(f"ministack.services.{name}") for name in ("ecr", "iam", "sts"))
    monkeypatch.setattr(ecr, "_get_authorization_token", ecr._get_authorization_token)
    for name in ("_roles", "_users", "_access_keys", "_user_inline_policies"):
        monkeypatch.setattr(iam, name, type(iam._roles)())
    monkeypatch.setattr(sts, "_sessions", {})
    with seam.request_scope(ACCOUNT, REGION):
        iam._users["pusher"] = {"Arn": f"arn:aws:iam::{ACCOUNT}:user/pusher", "UserId": "AIDA"}
        iam._user_inline_policies["pusher"] = {"own": json.dumps({"Statement": ALLOWED})}
        iam._access_keys["AKIAPUSHER"] = {"UserName": "pusher", "Status": "Active", "SecretAccessKey": "s"}
        iam._roles["publishes"] = {
            "Arn": f"arn:aws:iam::{ACCOUNT}:role/publishes",
            "RoleId": "AROA",
            "InlinePolicies": {"own": json.dumps({"Statement": ALLOWED})},
        }
        role = {
            "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/publishes/cdk",
            "UserId": "AROA:cdk",
            "SecretAccessKey": "s",
            "SessionToken": "t",
            "AccountId": ACCOUNT,
            "SessionPolicies": None,
        }
        sts._sessions["ASIAROLE"] = role
        sts._sessions["ASIALIMITED"] = {**role, "SessionPolicies": {"Policy": json.dumps({"Statement": []})}}
        seam.log_in_with(new_password)
        yield


@pytest.fixture
def key_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Ask for a password with an access key, and return the access key that stands behind the password."""

    def ask(access_key: str) -> str:
        monkeypatch.setattr("local_aws.ministack_seam.principals.caller", lambda: access_key)
        ecr: Any = importlib.import_module("ministack.services.ecr")
        headers = {"x-amz-target": "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"}
        status, _, body = asyncio.run(ecr.handle_request("POST", "/", headers, b"{}", {}))
        assert status == 200
        token = json.loads(body)["authorizationData"][0]["authorizationToken"]
        user, _, password = base64.b64decode(token).decode().partition(":")
        assert user == "AWS"
        logins = RegistryLogins(tmp_path)
        logins.keep(f"https://{REGISTRY}", password)
        return logins.credentials(REGISTRY)["aws_access_key_id"]

    return ask


@pytest.mark.parametrize("access_key", ["AKIAPUSHER", "ASIAROLE"])
def test_a_password_pushes_for_who_asked_and_does_nothing_else(
    key_behind: Callable[[str], str], access_key: str
) -> None:
    behind = key_behind(access_key)

    assert behind != access_key
    assert seam.refusal_of(behind, "ecr:PutImage", REPOSITORY) is None
    assert seam.refusal_of(behind, "ecr:DeleteRepository", REPOSITORY) is not None
    assert seam.refusal_of(access_key, "s3:GetObject", "arn:aws:s3:::bucket/key") is None
    assert seam.refusal_of(behind, "s3:GetObject", "arn:aws:s3:::bucket/key") is not None


def test_a_session_that_is_limited_stays_so(key_behind: Callable[[str], str]) -> None:
    assert seam.refusal_of(key_behind("ASIALIMITED"), "ecr:PutImage", REPOSITORY) is not None
