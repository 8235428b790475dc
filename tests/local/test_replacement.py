"""What SageMaker cannot update is replaced, and clients that read the endpoint's name anew never fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from stacks.settings import load_environment

from .steady_client import SteadyClient


def scaled(instance_type: str, **model: Any) -> dict[str, Any]:
    scaling = {"max_capacity": 2, "target_value": 100}
    hosting = {"type": "real-time", "instance_type": instance_type, "autoscaling": scaling}
    return {"container": "slim", "hosting": hosting, **model}


def policies_of_the_role(project: Any) -> list[str]:
    cloudformation, iam = project.machine.client("cloudformation"), project.machine.client("iam")
    (stack,) = cloudformation.describe_stacks(StackName=project.stack("scores"))["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    role = outputs["ExecutionRoleArn"].rpartition("/")[2]
    names: list[str] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return names


@pytest.mark.timeout(900)  # five deployments
def test_clients_that_read_the_name_anew_never_fail_while_endpoints_are_replaced(
    new_project: Callable[[str], Any],
) -> None:
    project = new_project("replaced")
    project.deploy()
    client = SteadyClient(project)
    model = {"model": str(project.model)}
    names = [client.call().endpoint_name]
    with client.calling():
        for endpoint in (
            scaled("ml.c7i.large", **model),
            scaled("ml.c7i.xlarge", **model),
            scaled("ml.c7i.xlarge", variants={"champion": model, "challenger": model}),
            {"container": "slim", "hosting": {"type": "async", "instance_type": "ml.c7i.large"}, **model},
        ):
            project.write(endpoints={"scores": endpoint})
            project.deploy()
            mode = load_environment("local", project.environments).endpoints["scores"].mode
            names.append(project.endpoint_name(hosting=mode))
    sagemaker = project.machine.client("sagemaker")
    left = [one["EndpointName"] for one in sagemaker.list_endpoints(NameContains="replaced")["Endpoints"]]

    parameter = project.machine.client("ssm").get_parameter(Name="/replaced/local/scores/endpoint-name")

    assert parameter["Parameter"]["Value"] == names[-1]
    assert all(sum(json.loads(answer.body)[0]) == pytest.approx(1) for answer in client.answers)
    (policy,) = policies_of_the_role(project)
    assert "AsyncPolicy" in policy
    assert client.failures == []
    assert left == names[-1:]
    assert {*client.answered, client.call().endpoint_name} == set(names)
    assert client.readings_of_the_name == len(set(names)) == 5
    assert project.slipway("status", "scores").returncode == 0
