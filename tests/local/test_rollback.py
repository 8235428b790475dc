"""A canary whose new version answers 500: the stack's own alarm takes it back, and `slipway status` says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from assets.checkout import ROOT
from slipway.errors import PredictionError

from .steady_client import SteadyClient

EXAMPLE = ROOT / "environments" / "examples" / "canary.yaml"
PREDICTION = "return model(features.to(DEVICE))"
# Not for the samples, which the server tries before it is in service, but for what the client sends.
MISTAKE = "if features.eq(1).all():\n            raise RuntimeError('no such class')\n        "
BEYOND_CHANCE = 25  # failures in a row; the canary, of every third request, comes to that once in 10^11


def alarm_of_errors(project: Any) -> str:
    """The name of the alarm on 5xx answers that the endpoint's stack made."""
    stack = project.machine.client("cloudformation").describe_stack_resources(StackName=project.stack("scores"))
    [name] = [
        resource["PhysicalResourceId"]
        for resource in stack["StackResources"]
        if resource["ResourceType"] == "AWS::CloudWatch::Alarm" and "5xxErrors" in resource["LogicalResourceId"]
    ]
    return str(name)


@pytest.mark.timeout(900)  # two deployments, and an alarm that wants two minutes of the clock
def test_a_canary_that_answers_500_is_taken_back_by_its_stacks_alarm(
    new_project: Callable[[str], Any],
) -> None:
    project = new_project("careful")
    [endpoint] = yaml.safe_load(EXAMPLE.read_text())["endpoints"].values()
    # How long an answer takes here says nothing of the version.
    endpoint["rollout"]["alarms"]["model_latency_p99_in_milliseconds"] = None
    project.write(endpoints={"scores": {**endpoint, "model": str(project.model)}})
    project.deploy()
    handler = project.model / "inference.py"
    assert PREDICTION in handler.read_text()
    handler.write_text(handler.read_text().replace(PREDICTION, MISTAKE + PREDICTION))
    client = SteadyClient(project)
    before, alarm = client.call(), alarm_of_errors(project)

    with client.calling():
        project.deploy()  # CloudFormation calls it a success
        status = project.slipway("status", "scores", "--env", "local", check=False)
    told = json.loads(project.slipway("status", "scores", "--json", check=False).stdout)
    explained = json.loads(project.slipway("explain", "scores", "--json", check=False).stdout)

    assert status.returncode == 1
    assert "rolled back: it is in service with another config than the one that was deployed" in status.stdout
    assert f"{told['live_config']}\n" in status.stdout
    assert told["live_config"] != told["deployed_config"]
    assert (told["state"], told["endpoint_status"], told["stack_status"]) == (
        "rolled back",
        "InService",
        "UPDATE_COMPLETE",
    )
    assert alarm in told["failure_reason"]
    causes = {finding["cause"]: finding["summary"] for finding in explained["findings"]}
    assert alarm in causes["rolled-back-by-alarm"]
    assert "RuntimeError: no such class" in causes["handler-raised"]
    assert {answer.body for answer in client.answers} == {before.body}
    assert client.failures  # those of the canary
    assert {type(failure) for failure in client.failures} == {PredictionError}
    assert {failure.status for failure in client.failures if isinstance(failure, PredictionError)} == {500}
    assert client.longest_run_of_failures < BEYOND_CHANCE
    assert {client.call().body for _ in range(BEYOND_CHANCE)} == {before.body}
