"""The long run of Ray Serve on this machine: clusters of their own, which take long to start."""

from __future__ import annotations

import json
import random
import signal
from typing import Any

import psutil
import pytest
import yaml

from assets.ray_serve import RayServeSettings, ray_members

from .example_environment import EXAMPLES
from .left_behind import resource_names
from .process_facts import lives
from .ray_endpoint import JSON, RayEndpoint, ask_http, handler_members, until

pytestmark = pytest.mark.soak

REQUESTS = 2000
PREDICTION = "return model(features.to(DEVICE))"  # of the model linear
BROKEN = "def model_fn(model_dir):\n    raise RuntimeError('there are no such weights')\n"
LOADS_ONCE = """
import os

def model_fn(model_dir):
    file = os.path.join(model_dir, "loads")
    loaded = os.path.exists(file)
    open(file, "w").close()
    if loaded:
        raise RuntimeError("loads once, and never again")
    return 1

def predict_fn(data, model):
    return data
"""


def members(**handler: Any) -> dict[str, bytes]:
    return {**ray_members(RayServeSettings()), **handler_members(**handler)}


@pytest.fixture
def ray_machine(own_machine: Any) -> Any:
    own_machine.slipway("local", "up")
    return own_machine


def test_a_model_that_cannot_be_loaded_fails_the_endpoint_with_its_reason(ray_machine: Any):
    endpoint = RayEndpoint(ray_machine, "broken")
    endpoint.create(members(handler=BROKEN))
    settled = endpoint.settled()

    assert settled["EndpointStatus"] == "Failed"
    assert "model_fn of" in settled["FailureReason"]
    assert "there are no such weights" in settled["FailureReason"]
    assert "Traceback" in endpoint.log()


def test_a_model_that_only_the_replica_cannot_load_is_not_healthy_for_long(ray_machine: Any):
    endpoint = RayEndpoint(ray_machine, "once")
    endpoint.create(members(handler=LOADS_ONCE))
    endpoint.settled()

    until(lambda: "Ray Serve has ended" in endpoint.log())
    assert "loads once, and never again" in endpoint.log()


def test_endpoints_stand_side_by_side_and_survive_the_emulators_death(ray_machine: Any):
    endpoints = [RayEndpoint(ray_machine, name) for name in ("left", "right")]
    for endpoint in endpoints:
        endpoint.create(members())
        assert endpoint.settled()["EndpointStatus"] == "InService"
    pids = [until(lambda endpoint=endpoint: endpoint.ask("who").json.get("pid")) for endpoint in endpoints]
    assert len(set(pids)) == 2
    before = [process for endpoint in endpoints for process in endpoint.processes()]

    psutil.Process(int(ray_machine.status()["running"]["pid"])).send_signal(signal.SIGKILL)
    ray_machine.slipway("local", "up")

    assert not [process for process in before if lives(process)]
    endpoints = [RayEndpoint(ray_machine, endpoint.name) for endpoint in endpoints]
    for endpoint in endpoints:
        assert endpoint.settled()["EndpointStatus"] == "InService"
        assert endpoint.ask("who").status == 200
    after = [process for endpoint in endpoints for process in endpoint.processes()]
    ray_machine.slipway("local", "down")
    assert not [process for process in after if lives(process)]


def test_the_examples_are_deployed_answer_are_updated_and_leave_nothing(own_project: Any):
    """Those of environments/examples/ whose container is Ray Serve's: of a GPU's instance, and with a tag."""
    examples = [yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text()) for name in ("real-time", "pinned-tag")]
    endpoints = {name: one for example in examples for name, one in example["endpoints"].items()}
    for endpoint in endpoints.values():
        endpoint["model"] = str(own_project.model)
    own_project.write(endpoints=endpoints)

    def sums() -> dict[str, float]:
        runtime = own_project.machine.client("sagemaker-runtime")
        names = {one: f"{own_project.name}-local-{one}-real-time" for one in endpoints}
        row = json.dumps([[0.5] * 10]).encode()
        asked = {
            one: runtime.invoke_endpoint(EndpointName=name, Body=row, ContentType=JSON, Accept=JSON)
            for one, name in names.items()
        }
        return {one: sum(json.load(answer["Body"])[0]) for one, answer in asked.items()}

    own_project.deploy()
    assert sums() == pytest.approx(dict.fromkeys(endpoints, 1))

    handler = own_project.model / "inference.py"
    assert PREDICTION in handler.read_text()
    handler.write_text(handler.read_text().replace(PREDICTION, f"{PREDICTION} * 2"))
    own_project.deploy()
    assert sums() == pytest.approx(dict.fromkeys(endpoints, 2))

    own_project.destroy()
    assert own_project.machine.status()["endpoints"] == []
    assert not [name for name in resource_names(own_project.machine.client) if own_project.name in name.lower()]


def test_fuzzed_requests_are_never_the_servers_fault(ray_machine: Any):
    endpoint = RayEndpoint(ray_machine, "fuzzed")
    endpoint.create(members(handler="# every function is the default one but the model's\n" + ROWS))
    assert endpoint.settled()["EndpointStatus"] == "InService"
    chance, port = random.Random(5), endpoint.port  # noqa: S311 - the same requests in every run
    valid = {"Content-Type": JSON}
    for number in range(REQUESTS):
        body, headers = fuzzed(chance)
        assert ask_http(port, "POST", "/invocations", body, headers).status < 500, (body, headers)
        if number % 20 == 0:
            answer = ask_http(port, "POST", "/invocations", b"[[1, 2, 4]]", valid)
            assert (answer.status, answer.json) == (200, [[3.0, 6.0]])


ROWS = """
import torch

def model_fn(model_dir):
    layer = torch.nn.Linear(3, 2, bias=False)
    layer.weight = torch.nn.Parameter(torch.tensor([[1.0, 0.5, 0.25], [0.0, -1.0, 2.0]]))
    return layer
"""


def fuzzed(chance: random.Random) -> tuple[bytes, dict[str, str]]:
    """Return a request that is damaged somewhere."""
    body = chance.choice(
        [
            b"",
            b"[[1, 2, 4]]",
            b"[[1, 2, NaN]]",
            b"[[1, 2], [3]]",
            b"[" * chance.randint(1, 5000),
            b'{"instances": [[1, 2, 4]]}',
            b'{"instances": "x"}',
            b"1,2,4\n1,2\n",
            b"\x93NUMPY" + chance.randbytes(chance.randint(0, 200)),
            chance.randbytes(chance.randint(0, 2000)),
            json.dumps([[chance.uniform(-1e40, 1e40) for _ in range(chance.randint(0, 5))]]).encode(),
        ]
    )
    cut = body[: chance.randint(0, len(body))] if chance.random() < 0.3 else body
    types = [
        JSON,
        "text/csv",
        "application/x-npy",
        "application/x-npz",
        "image/png",
        "x",
        "application/json; charset=x",
    ]
    accepts = [JSON, "text/csv", "*/*", "application/*;q=0.5", "image/png", "", "q"]
    return cut, {"Content-Type": chance.choice(types), "Accept": chance.choice(accepts)}
