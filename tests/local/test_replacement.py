"""What SageMaker cannot update is replaced, and clients that read the endpoint's name anew never fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .steady_client import SteadyClient


def scaled(instance_type: str) -> dict[str, Any]:
    scaling = {"max_capacity": 2, "target_value": 100}
    return {"type": "real-time", "instance_type": instance_type, "autoscaling": scaling}


@pytest.mark.timeout(900)  # three deployments
def test_clients_that_read_the_name_anew_never_fail_while_endpoints_are_replaced(
    new_project: Callable[[str], Any],
) -> None:
    project = new_project("replaced")
    project.deploy()
    client = SteadyClient(project)
    with client.calling():
        for instance_type in ("ml.c7i.large", "ml.c7i.xlarge"):
            endpoint = {"model": str(project.model), "container": "slim", "hosting": scaled(instance_type)}
            project.write(endpoints={"scores": endpoint})
            project.deploy()
    sagemaker = project.machine.client("sagemaker")
    names = [one["EndpointName"] for one in sagemaker.list_endpoints(NameContains="replaced")["Endpoints"]]

    assert client.failures == []
    assert names == [project.endpoint_name(hosting="real-time-c7i-xlarge")]
    modes = ("serverless", "real-time-c7i-large", "real-time-c7i-xlarge")
    assert set(client.answered) == {project.endpoint_name(hosting=mode) for mode in modes}
    assert project.slipway("status", "scores").returncode == 0
