"""Credentials, account, region and bootstrap, in the words of AWS's API."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from botocore.exceptions import EndpointConnectionError

from assets import checkout
from slipway.doctor.account import (
    NEEDED_BOOTSTRAP,
    account_findings,
    bootstrap_finding,
    bootstrap_qualifier,
)
from slipway.doctor.finding import Finding
from stacks.settings import EnvironmentSettings

Write = Callable[..., EnvironmentSettings]

ACCOUNT = "111122223333"
ENDPOINT = "  linear: {model: linear, hosting: {type: serverless}}\n"
PARAMETER = "/cdk-bootstrap/hnb659fds/version"


@pytest.fixture
def settings(environment_file: Write) -> EnvironmentSettings:
    return environment_file(ENDPOINT)


def signed_in(aws: Any, account: str) -> None:
    arn = f"arn:aws:sts::{account}:assumed-role/Developer/somebody"
    aws.stub("sts").add_response(
        "get_caller_identity", {"Account": account, "Arn": arn, "UserId": "AROA:somebody"}
    )


def by_check(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


def test_credentials_of_the_account_are_fine(aws: Any, settings: EnvironmentSettings) -> None:
    signed_in(aws, ACCOUNT)
    found = by_check(list(account_findings(aws, settings)))
    assert {finding.state for finding in found.values()} == {"ok"}
    assert found["credentials"].what.endswith("assumed-role/Developer/somebody")
    assert found["region"].what == "us-east-1"


def test_credentials_of_another_account_are_wrong(aws: Any, settings: EnvironmentSettings) -> None:
    signed_in(aws, "999999999999")
    found = by_check(list(account_findings(aws, settings)))["account"]
    assert found.state == "wrong"
    assert found.what.endswith("your credentials are of 999999999999")
    assert ACCOUNT in found.what
    assert found.mend.startswith("Edit `account` in ")


def test_expired_credentials_are_wrong_and_end_the_checks(aws: Any, settings: EnvironmentSettings) -> None:
    message = "The security token included in the request is expired"
    aws.stub("sts").add_client_error("get_caller_identity", "ExpiredToken", message)
    (found,) = account_findings(aws, settings)
    assert (found.check, found.state) == ("credentials", "wrong")
    assert message in found.what
    assert "aws sso login" in found.mend


def test_a_region_that_may_not_be_enabled_is_mentioned(aws: Any, settings: EnvironmentSettings) -> None:
    aws.stub("sts").add_client_error(
        "get_caller_identity", "InvalidClientTokenId", "The security token is invalid"
    )
    (found,) = account_findings(aws, settings)
    assert "us-east-1 may not be enabled" in found.what


def test_no_network_is_wrong(settings: EnvironmentSettings) -> None:
    def clients(_service: str) -> Any:
        raise EndpointConnectionError(endpoint_url="https://sts.us-east-1.amazonaws.com")

    (found,) = account_findings(clients, settings)
    assert (found.check, found.state) == ("credentials", "wrong")
    assert "could not be asked" in found.what
    assert "HTTPS_PROXY" in found.mend


def test_another_region_of_ones_own_clients_is_a_warning(
    aws: Any, settings: EnvironmentSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    signed_in(aws, ACCOUNT)
    found = by_check(list(account_findings(aws, settings)))["region"]
    assert found.state == "warning"
    assert "eu-north-1" in found.what


@pytest.mark.parametrize(
    ("version", "state"),
    [(str(NEEDED_BOOTSTRAP), "ok"), ("31", "ok"), (str(NEEDED_BOOTSTRAP - 1), "wrong"), ("none", "wrong")],
)
def test_the_bootstrap_version(aws: Any, settings: EnvironmentSettings, version: str, state: str) -> None:
    aws.stub("ssm").add_response("get_parameter", {"Parameter": {"Value": version}}, {"Name": PARAMETER})
    found = bootstrap_finding(aws, settings)
    assert found.state == state
    assert f"version {version}" in found.what
    assert (found.mend == "cdk bootstrap -c env=test") == (state == "wrong")


def test_an_account_without_bootstrap_is_wrong(aws: Any, settings: EnvironmentSettings) -> None:
    aws.stub("ssm").add_client_error("get_parameter", "ParameterNotFound")
    found = bootstrap_finding(aws, settings)
    assert (found.state, found.mend) == ("wrong", "cdk bootstrap -c env=test")


def test_a_bootstrap_that_one_may_not_read_is_not_taken_for_none(aws: Any, settings: EnvironmentSettings) -> None:
    aws.stub("ssm").add_client_error("get_parameter", "AccessDeniedException", "not authorized")
    found = bootstrap_finding(aws, settings)
    assert found.state == "warning"
    assert "not authorized" in found.what


def test_the_qualifier_of_cdk_json_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bootstrap_qualifier() == "hnb659fds"
    monkeypatch.setattr(checkout, "ROOT", tmp_path)
    assert bootstrap_qualifier() == "hnb659fds"
    context = {"@aws-cdk/core:bootstrapQualifier": "team1"}
    (tmp_path / "cdk.json").write_text(json.dumps({"context": context}))
    assert bootstrap_qualifier() == "team1"


def test_the_needed_version_is_what_the_cdk_library_requires(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    cdk.CfnOutput(stack, "Output", value="x")
    artifacts = json.loads((Path(app.synth().directory) / "manifest.json").read_text())["artifacts"]
    assert artifacts["Stack"]["properties"]["requiresBootstrapStackVersion"] == NEEDED_BOOTSTRAP
