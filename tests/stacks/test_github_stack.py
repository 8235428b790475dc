"""The stack of GitHub's deploy role: who takes the role on, and what it may do."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Template

Synthesize = Callable[..., Any]

ENVIRONMENT = """\
account: "111122223333"
region: eu-central-1
encryption: {bucket: made}
github: {repository: octo-org@123456/octo-repo@456789, environment: prod}
endpoints:
  small: {model: linear, container: slim, hosting: {type: serverless}}
  queued: {model: linear, container: slim, hosting: {type: async, instance_type: ml.c7i.large}}
"""
PROVIDER = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
WITH_A_PROVIDER = f"""\
account: "111122223333"
region: eu-central-1
github: {{repository: octo-org/octo-repo, branch: main, oidc_provider: '{PROVIDER}'}}
endpoints: {{}}
"""
SUBJECT = "repo:octo-org@123456/octo-repo@456789:environment:prod"
BUCKET = "arn:aws:s3:::slipway-made-artifacts-111122223333-eu-central-1"
PLACE = "eu-central-1:111122223333"
MODES = ("serverless", "real-time", "real-time-*", "async", "async-*")


def template(synthesize: Synthesize, text: str = ENVIRONMENT) -> Template:
    directory = synthesize("made", text).directory
    return Template(json.loads((directory / "Slipway-made-github.template.json").read_text()))


def statements(found: Template) -> dict[str, tuple[Any, Any]]:
    """Actions and resources by sid; every statement allows, and none has a condition."""
    made = found.only("AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    assert {each["Effect"] for each in made} == {"Allow"}
    assert not any("Condition" in each for each in made)
    return {each["Sid"]: (each["Action"], each["Resource"]) for each in made}


def bootstrap(kind: str) -> str:
    return f"arn:aws:iam::111122223333:role/cdk-hnb659fds-{kind}-role-111122223333-eu-central-1"


def endpoint(name: str) -> str:
    return f"arn:aws:sagemaker:{PLACE}:endpoint/slipway-made-{name}"


def test_the_role_takes_the_bootstrap_roles_asks_the_endpoints_and_nothing_else(synthesize: Synthesize) -> None:
    found = statements(template(synthesize))
    ((_, key),) = found.pop("UseBucketKey")[1].items()
    assert key.startswith("SsmParameterValueslipwaymadebucketkeyarn")
    assert found == {
        "TakeBootstrapRoles": (
            "sts:AssumeRole",
            [bootstrap(kind) for kind in ("deploy", "file-publishing", "image-publishing", "lookup")],
        ),
        "InvokeEndpoints": (
            "sagemaker:InvokeEndpoint",
            [endpoint(f"{name}-{mode}") for name in ("small", "queued") for mode in MODES],
        ),
        "FindEndpoints": (
            "ssm:GetParameter",
            [f"arn:aws:ssm:{PLACE}:parameter/slipway/made/{name}/endpoint-name" for name in ("small", "queued")],
        ),
        "InvokeAsync": ("sagemaker:InvokeEndpointAsync", [endpoint(f"queued-{mode}") for mode in MODES]),
        "WriteAsyncInput": ("s3:PutObject", f"{BUCKET}/async/queued/input/*"),
        "ReadAsyncOutput": (
            "s3:GetObject",
            [f"{BUCKET}/async/queued/output/*", f"{BUCKET}/async/queued/failure/*"],
        ),
    }


def test_an_environment_without_endpoints_has_none_to_ask(synthesize: Synthesize) -> None:
    assert list(statements(template(synthesize, WITH_A_PROVIDER))) == ["TakeBootstrapRoles"]


@pytest.mark.parametrize(
    ("claims", "is_trusted"),
    [
        ({}, True),
        ({"sub": "repo:octo-org@123456/octo-repo@456789:environment:staging"}, False),
        ({"sub": "repo:octo-org@123456/octo-repo@456789:ref:refs/heads/main"}, False),
        ({"sub": "repo:octo-org@123456/octo-repo@456789:pull_request"}, False),
        ({"sub": "repo:octo-org@999999/octo-repo@456789:environment:prod"}, False),
        ({"sub": "repo:octo-org/octo-repo:environment:prod"}, False),
        ({"sub": f"{SUBJECT}-eu"}, False),
        ({"sub": None}, False),
        ({"aud": "https://github.com/octo-org"}, False),
        ({"aud": None}, False),
        ({"issuer": "accounts.example.com"}, False),
    ],
    ids=[
        *("its-job", "other-environment", "branch", "pull-request", "other-owner", "without-ids", "longer"),
        *("no-subject", "other-audience", "no-audience", "other-issuer"),
    ],
)
def test_only_jobs_of_the_repository_and_its_environment_take_the_role_on(
    synthesize: Synthesize, claims: dict[str, str | None], *, is_trusted: bool
) -> None:
    found = template(synthesize)
    document = json.dumps(found.only("AWS::IAM::Role")["AssumeRolePolicyDocument"])
    (provider,) = found.of_type("AWS::IAM::OIDCProvider")
    document = document.replace(json.dumps({"Fn::GetAtt": [provider, "Arn"]}), json.dumps(PROVIDER))
    token = {"issuer": "token.actions.githubusercontent.com", "aud": "sts.amazonaws.com", "sub": SUBJECT, **claims}

    evaluator = importlib.import_module("ministack.core.iam_evaluator")
    principal = PROVIDER.replace("token.actions.githubusercontent.com", str(token["issuer"]))
    context = evaluator.EvalContext(
        principal_arn=principal,
        principal_type="WebIdentityUser",
        principal_account="111122223333",
        action="sts:AssumeRoleWithWebIdentity",
        resource_arn="arn:aws:iam::111122223333:role/deploys",
        region="eu-central-1",
        service_context={f"{token['issuer']}:{key}": token[key] for key in ("aud", "sub") if token[key]},
    )
    assert bool(evaluator.evaluate_trust_policy(document, principal, context)) == is_trusted


def test_a_session_lasts_an_hour_and_no_managed_policy_adds_to_it(synthesize: Synthesize) -> None:
    role = template(synthesize).only("AWS::IAM::Role")
    assert role["MaxSessionDuration"] == 3600
    assert not role.keys() & {"ManagedPolicyArns", "Policies"}


def test_the_provider_is_made_for_awss_audience(synthesize: Synthesize) -> None:
    found = template(synthesize).of_type("AWS::IAM::OIDCProvider")
    assert list(found) == ["GitHubProvider"], (
        "under another logical id CloudFormation makes a second provider of the same URL, which IAM refuses"
    )
    assert found["GitHubProvider"]["Properties"] == {
        "ClientIdList": ["sts.amazonaws.com"],
        "Url": "https://token.actions.githubusercontent.com",
    }


def test_a_provider_that_is_there_is_taken(synthesize: Synthesize) -> None:
    found = template(synthesize, WITH_A_PROVIDER)
    assert found.of_type("AWS::IAM::OIDCProvider") == {}
    (trust,) = found.only("AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Federated": PROVIDER}


def test_it_waits_for_the_artifact_stack_only_where_that_makes_a_key(synthesize: Synthesize) -> None:
    with_key, without = (synthesize("made", text).manifest for text in (ENVIRONMENT, WITH_A_PROVIDER))
    assert "Slipway-made-artifacts" in with_key["Slipway-made-github"]["dependencies"]
    assert "Slipway-made-artifacts" not in without["Slipway-made-github"]["dependencies"]


def test_the_role_is_told_to_who_sets_the_workflow_up(synthesize: Synthesize) -> None:
    found = template(synthesize)
    (role,) = found.of_type("AWS::IAM::Role")
    assert found.content["Outputs"]["DeployRoleArn"]["Value"] == {"Fn::GetAtt": [role, "Arn"]}
