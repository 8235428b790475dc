"""Updates with deployment guardrails: how the requests move, and how they come back."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from local_aws.sagemaker import traffic
from local_aws.sagemaker.container import ContainerError
from local_aws.sagemaker.metrics import InvocationMetrics

LONG = 3600
ALARMS = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}
Eventually = Callable[[Callable[[], Any]], Any]


def canary(wait: int = LONG, **policy: Any) -> dict[str, Any]:
    routing = {
        "Type": "CANARY",
        "WaitIntervalInSeconds": wait,
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 25},
    }
    return {**ALARMS, "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **policy}}


@pytest.fixture
def endpoint(hosting: Any, alarms: Any) -> Any:
    """Return the hosting with an endpoint of the config `blue`; `green` is another one for the same variant."""
    hosting.endpoints = hosting.new_endpoints(alarms=alarms)
    for name in ("blue", "green"):
        shape = {
            "VariantName": "v",
            "ModelName": "model",
            "InitialInstanceCount": 4,
            "InstanceType": "ml.m5.large",
        }
        hosting.configs.add(name, {"EndpointConfigName": name, "ProductionVariants": [shape]})
    hosting.create(config="blue")
    hosting.settled()
    return hosting


def shares(hosting: Any) -> list[float]:
    """Return the shares of the requests, the old fleet's first."""
    return [variant.traffic for variant in hosting.endpoints.running("000000000000", "us-east-1", "endpoint")]


def stage(hosting: Any) -> str | None:
    pending = hosting.endpoints.describe("endpoint").get("PendingDeploymentSummary", {})
    statuses = [each.get("VariantStatus") for each in pending.get("ProductionVariants", [])]
    return statuses[0][0]["Status"] if statuses and statuses[0] else None


def bake(hosting: Any, eventually: Eventually, **policy: Any) -> None:
    hosting.update(config="green", DeploymentConfig=canary(**policy))
    eventually(lambda: stage(hosting) == "Baking")


def test_the_canary_gets_its_share_while_it_bakes(endpoint: Any, eventually: Eventually) -> None:
    bake(endpoint, eventually)

    assert shares(endpoint) == [0.75, 0.25]
    described = endpoint.endpoints.describe("endpoint")
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("Updating", "blue")
    pending = described["PendingDeploymentSummary"]
    assert pending["EndpointConfigName"] == "green"
    assert pending["ProductionVariants"][0]["DesiredInstanceCount"] == 4
    endpoint.endpoints.interrupt("endpoint")
    endpoint.settled()


def test_an_alarm_sends_every_request_back(endpoint: Any, alarms: Any, eventually: Eventually) -> None:
    bake(endpoint, eventually)
    old, new = endpoint.launcher.variants

    alarms.go_off("errors")
    record = endpoint.settled()

    described = endpoint.endpoints.describe("endpoint")
    assert (record["EndpointStatus"], record["EndpointConfigName"]) == ("InService", "blue")
    assert "errors" in described["FailureReason"]
    assert "PendingDeploymentSummary" not in described
    assert shares(endpoint) == [1.0]
    assert new.container.stopped.is_set()
    assert not old.container.stopped.is_set()
    assert alarms.listeners == []


def test_what_it_was_sent_back_to_survives_the_stacks_clean_up_and_a_restart(endpoint: Any, alarms: Any) -> None:
    """CloudFormation takes the update for a success and deletes the config and the model before it."""
    endpoint.models.add("new-model", {"ModelName": "new-model"})
    endpoint.configs.get("green")["ProductionVariants"][0]["ModelName"] = "new-model"
    alarms.gone_off.append("errors")
    endpoint.update(config="green", DeploymentConfig=canary())
    endpoint.settled()
    endpoint.configs.remove("blue")
    endpoint.models.remove("model")

    for _ in range(2):
        endpoint.endpoints = endpoint.new_endpoints()
        endpoint.endpoints.restore()

        record = endpoint.settled()
        assert (record["EndpointStatus"], record["EndpointConfigName"]) == ("InService", "blue")
    endpoint.update(config="green")
    assert endpoint.settled()["EndpointConfigName"] == "green"
    assert endpoint.settled()["KeptConfig"] is None


def test_an_alarm_that_is_not_named_changes_nothing(endpoint: Any, alarms: Any, eventually: Eventually) -> None:
    bake(endpoint, eventually)
    asked = len(alarms.asked)

    alarms.go_off("another")
    eventually(lambda: len(alarms.asked) > asked)

    assert shares(endpoint) == [0.75, 0.25]
    assert set(alarms.asked) == {("errors",)}
    endpoint.endpoints.interrupt("endpoint")
    endpoint.settled()


def test_an_alarm_that_is_in_alarm_already_lets_nothing_through(endpoint: Any, alarms: Any) -> None:
    alarms.gone_off.append("errors")

    endpoint.update(config="green", DeploymentConfig=canary())

    assert endpoint.settled()["EndpointConfigName"] == "blue"


def test_without_an_alarm_the_new_fleet_gets_everything(endpoint: Any) -> None:
    endpoint.update(config="green", DeploymentConfig=canary(wait=0))

    assert endpoint.settled()["EndpointConfigName"] == "green"
    old, new = endpoint.launcher.variants
    assert old.container.stopped.is_set()
    assert not new.container.stopped.is_set()
    assert shares(endpoint) == [1.0]
    assert endpoint.endpoints.describe("endpoint")["LastDeploymentConfig"] == canary(wait=0)


def test_the_old_fleet_waits_for_its_end_without_requests(endpoint: Any, eventually: Eventually) -> None:
    endpoint.update(config="green", DeploymentConfig=canary(wait=0, TerminationWaitInSeconds=LONG))
    eventually(lambda: stage(endpoint) == "Deleting")

    assert shares(endpoint) == [1.0]
    assert not endpoint.launcher.variants[0].container.stopped.is_set()
    endpoint.endpoints.interrupt("endpoint")
    endpoint.settled()


def test_a_deployment_config_can_be_used_again(endpoint: Any, alarms: Any) -> None:
    endpoint.update(config="green", DeploymentConfig=canary(wait=0))
    endpoint.settled()
    alarms.gone_off.append("errors")

    endpoint.update(config="blue", RetainDeploymentConfig=True)

    assert endpoint.settled()["EndpointConfigName"] == "green"


def test_a_role_that_may_not_read_the_alarms_fails_the_update(hosting: Any, alarms: Any, endpoint: Any) -> None:
    asked: list[Any] = []

    def refuse(role: str, names: tuple[str, ...]) -> None:
        asked.append((role, names))
        raise ContainerError("no cloudwatch:DescribeAlarms")

    hosting.models.get("model")["ExecutionRoleArn"] = "a-role"
    hosting.endpoints = hosting.new_endpoints(alarms=alarms, check_alarm_access=refuse)
    hosting.endpoints.restore()
    hosting.settled()

    hosting.update(config="green", DeploymentConfig=canary())

    record = hosting.settled()
    assert (record["EndpointConfigName"], record["FailureReason"]) == ("blue", "no cloudwatch:DescribeAlarms")
    assert asked == [("a-role", ("errors",))]
    assert hosting.launcher.variants[-1].container.stopped.is_set()


def test_the_end_of_the_local_aws_cuts_the_baking_off(endpoint: Any, eventually: Eventually) -> None:
    """The record still says Updating: the next start decides that the update did not happen."""
    bake(endpoint, eventually)

    endpoint.endpoints.stop_all()

    eventually(lambda: all(variant.container.stopped.is_set() for variant in endpoint.launcher.variants))
    assert endpoint.store.get("endpoint")["EndpointStatus"] == "Updating"
    endpoint.endpoints = endpoint.new_endpoints()
    endpoint.endpoints.restore()
    record = endpoint.settled()
    assert (record["EndpointStatus"], record["EndpointConfigName"]) == ("InService", "blue")


def test_an_interruption_before_the_baking_ends_it_too(endpoint: Any) -> None:
    endpoint.launcher.go.clear()
    endpoint.update(config="green", DeploymentConfig=canary())

    endpoint.endpoints.interrupt("endpoint")
    endpoint.launcher.go.set()

    record = endpoint.settled()
    assert (record["EndpointStatus"], record["EndpointConfigName"]) == ("InService", "blue")


@pytest.mark.parametrize("kind", ["linear", "rolling"])
def test_every_step_bakes(endpoint: Any, alarms: Any, eventually: Eventually, kind: str) -> None:
    size = {"Type": "CAPACITY_PERCENT", "Value": 50}
    linear = {"Type": "LINEAR", "WaitIntervalInSeconds": 0, "LinearStepSize": size}
    deployment = {
        "linear": {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": linear}},
        "rolling": {"RollingUpdatePolicy": {"MaximumBatchSize": size, "WaitIntervalInSeconds": 0}},
    }[kind]

    endpoint.update(config="green", DeploymentConfig={**ALARMS, **deployment})

    assert endpoint.settled()["EndpointConfigName"] == "green"
    assert alarms.asked == [("errors",), ("errors",)]


def test_a_canary_that_answers_500_rolls_back_while_the_old_version_answers_the_rest(
    endpoint: Any,
    alarms: Any,
    *,
    http_container: Any,
    answering: Any,
    invoker: Any,
    fake_clients: Any,
    eventually: Eventually,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From the request to the metric, from the metric to the alarm, from the alarm to the old fleet."""
    # the first requests go to the old fleet: the first one to the new fleet may be the last before all is over
    monkeypatch.setattr(traffic, "random", random.Random(7))  # noqa: S311 - the same draws every time

    class CloudWatch:
        """An alarm on the sum of Invocation5XXErrors."""

        def put_metric_data(self, **request: Any) -> None:
            errors = [each for each in request["MetricData"] if each["MetricName"] == "Invocation5XXErrors"]
            if any(1.0 in each["Values"] for each in errors):
                alarms.go_off("errors")

    old = http_container(answering(200, b'"old"'))
    broken = http_container(answering(500, b"broken"))
    endpoint.launcher.containers["endpoint", "green"] = broken
    endpoint.launcher.variants[0].container = old
    metrics = InvocationMetrics(fake_clients(cloudwatch=CloudWatch()))
    metrics.start()
    invoke = invoker(endpoint.endpoints, metrics)
    bake(endpoint, eventually)

    answers = []
    while endpoint.store.get("endpoint")["EndpointStatus"] == "Updating":
        answers.append(invoke())
    after = [invoke() for _ in range(20)]
    metrics.stop()

    statuses = [status for status, _, _ in answers]
    assert 424 in statuses
    assert 200 in statuses
    assert {body for status, _, body in answers if status == 200} == {b'"old"'}
    assert {(status, body) for status, _, body in after} == {(200, b'"old"')}
    assert all(json.loads(body)["OriginalStatusCode"] == 500 for status, _, body in answers if status == 424)
    assert endpoint.settled()["EndpointConfigName"] == "blue"
    assert len(broken.requests) == statuses.count(424)
