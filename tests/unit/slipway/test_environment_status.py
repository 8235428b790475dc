"""`slipway status` without an endpoint: a line for each, and one exit status for all."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from slipway.commands import status as status_module
from slipway.environments import ENVIRONMENTS_VARIABLE

from .answering_aws import AnsweringAws, RefusalError

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
HEAD = 'account: "000000000000"\nregion: us-east-1\n'
ENDPOINT = "{model: linear, container: slim, hosting: {type: serverless}}"


class Environment:
    """Endpoints one, two, … of which a test says how they are."""

    def __init__(self) -> None:
        self.live: dict[str, dict[str, Any] | None] = {}
        """By name what SageMaker has beside the defaults; None where somebody deleted the endpoint."""
        self.aws = AnsweringAws(
            GetParameter=self._parameter,
            DescribeStackResource=self._resource,
            DescribeStacks=lambda asked: {"Stacks": [{"StackStatus": "UPDATE_COMPLETE", "CreationTime": WHEN}]},
            DescribeEndpoint=self._endpoint,
        )

    def _parameter(self, asked: dict[str, Any]) -> dict[str, Any]:
        endpoint = asked["Name"].split("/")[3]
        if endpoint not in self.live:
            raise RefusalError("ParameterNotFound")
        return {"Parameter": {"Value": f"slipway-local-{endpoint}-serverless"}}

    def _resource(self, asked: dict[str, Any]) -> dict[str, Any]:
        endpoint = asked["StackName"].rpartition("-")[2]
        return {"StackResourceDetail": {"PhysicalResourceId": f"arn:config/{endpoint}-new"}}

    def _endpoint(self, asked: dict[str, Any]) -> dict[str, Any]:
        endpoint = asked["EndpointName"].split("-")[2]
        live = self.live[endpoint]
        if live is None:
            raise RefusalError("ValidationException", "Could not find endpoint")
        variant = {"VariantName": "AllTraffic", "CurrentWeight": 1.0, "CurrentInstanceCount": 2}
        default = {"EndpointStatus": "InService", "EndpointConfigName": f"{endpoint}-new"}
        return {**default, "ProductionVariants": [variant], **live}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Environment:
    endpoints = "".join(f"  {name}: {ENDPOINT}\n" for name in ("one", "two", "three"))
    (tmp_path / "local.yaml").write_text(f"{HEAD}endpoints:\n{endpoints}")
    monkeypatch.setenv(ENVIRONMENTS_VARIABLE, str(tmp_path))
    made = Environment()
    monkeypatch.setattr(status_module, "connect", lambda settings: made.aws)
    return made


def test_all_in_service_as_deployed_are_a_line_each(slipway: Callable[..., Any], environment: Environment) -> None:
    environment.live = {"one": {}, "two": {}, "three": {}}
    ran = slipway("status")
    assert (ran.status, ran.errors) == (0, "")
    header, *lines = ran.text.splitlines()
    assert header.split()[:3] == ["endpoint", "state", "name"]
    assert [line.split()[0] for line in lines] == ["one", "two", "three"]
    for line in lines:
        name = line.split()[0]
        assert f"in service  slipway-local-{name}-serverless  " in line
        assert f"{name}-new" in line
        assert "the same" in line
        assert "AllTraffic: 2 instances" in line


@pytest.mark.parametrize(
    ("live", "state", "more"),
    [
        ({"EndpointConfigName": "two-old", "FailureReason": "Alarm errors"}, "rolled back", "two-old"),
        ({"EndpointStatus": "Updating"}, "updating", ""),
        (
            {"EndpointStatus": "Failed", "FailureReason": "no ping"},
            "failed",
            "slipway-local-two-serverless: no ping",
        ),
        (None, "deleted", "somebody deleted it by other means"),
    ],
)
def test_one_that_is_not_as_deployed_is_said_and_an_error_for_all(
    slipway: Callable[..., Any], environment: Environment, live: dict[str, Any] | None, state: str, more: str
) -> None:
    environment.live = {"one": {}, "two": live, "three": {}}
    ran = slipway("status")
    assert ran.status == 1
    (line,) = [line for line in ran.text.splitlines() if line.startswith("two ")]
    assert state in line
    assert more in ran.text


def test_one_that_is_not_deployed_is_said_with_how_to_deploy_it(
    slipway: Callable[..., Any], environment: Environment
) -> None:
    environment.live = {"one": {}, "three": {}}
    ran = slipway("status")
    assert ran.status == 1
    assert [line.split()[:3] for line in ran.text.splitlines()][2] == ["two", "not", "deployed"]
    assert "'two' is not deployed in environment local" in ran.text
    assert "cdk deploy" in ran.text


def test_json_has_them_all_with_one_verdict(slipway: Callable[..., Any], environment: Environment) -> None:
    environment.live = {"one": {}, "two": {"EndpointStatus": "Updating"}}
    ran = slipway("status", "--json")
    told = json.loads(ran.text)
    assert (ran.status, told["environment"], told["as_deployed"]) == (1, "local", False)
    one, two, three = told["endpoints"]
    assert (one["endpoint"], one["as_deployed"], one["state"]) == ("one", True, "in service")
    assert (two["as_deployed"], two["state"], two["variants"][0]["instances"]) == (False, "updating", 2)
    assert (three["as_deployed"], three["state"]) == (False, "not deployed")
    assert "cdk deploy" in three["problem"]


def test_an_environment_without_endpoints_is_as_deployed(
    slipway: Callable[..., Any], environment: Environment, tmp_path: Path
) -> None:
    (tmp_path / "local.yaml").write_text(f"{HEAD}endpoints: {{}}\n")
    ran = slipway("status")
    assert (ran.status, ran.text) == (0, "Environment local has no endpoints\n")


def test_what_aws_refuses_is_its_answer(slipway: Callable[..., Any], environment: Environment) -> None:
    def refuse(asked: dict[str, Any]) -> dict[str, Any]:
        raise RefusalError("AccessDenied", "not you")

    environment.live = {"one": {}, "two": {}, "three": {}}
    environment.aws.answers["DescribeStacks"] = refuse
    assert "not you" in slipway("status").error()
