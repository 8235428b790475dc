"""An endpoint on AWS's Ray Serve container, on the local AWS, whose handler does what a request asks for."""

from __future__ import annotations

import http.client
import io
import json
import tarfile
import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psutil
from botocore.exceptions import ClientError

from .process_facts import listening, name_of

IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/ray:serve-ml-sagemaker-cpu-v1.4"
DEADLINE = 200.0  # seconds; two slow cores may have much else to do
JSON = "application/json"
_BUCKET = "ray-serve-tests"

HANDLER = """
import json
import os
import pdb
import time

import deployment
import torch
from slipway_serving import BadRequest

_WHO = "X-Amzn-SageMaker-Custom-Attributes"


def model_fn(model_dir):
    return {"pid": os.getpid(), "own": deployment.OWN, "pdb": hasattr(pdb, "set_trace")}


def input_fn(body, content_type):
    return json.loads(body)


def _hold(asked):
    open(asked["begun"], "w").close()
    while not os.path.exists(asked["until"]):
        time.sleep(0.01)
    return {"held": True}


def _raise(asked):
    raise RuntimeError("first line\\nthe second line of the traceback")


def _refuse(asked):
    raise BadRequest("ask for something else")


def predict_fn(asked, model, context):
    if asked["do"] == "headers":
        context.set_response_header(0, _WHO, context.get_request_header(0, _WHO))
        context.set_response_status(code=202, idx=0)
        return context.get_all_request_header(0)
    known = {"hold": _hold, "raise": _raise, "refuse": _refuse, "numbers": lambda _: torch.tensor([[1.5, 2.0]])}
    return known.get(asked["do"], lambda _: model)(asked)
"""


def tarball(members: Mapping[str, bytes]) -> bytes:
    """Return a tarball of members by name."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return written.getvalue()


def handler_members(handler: str = HANDLER, **serving: Any) -> dict[str, bytes]:
    """Return a handler, a module of its own named like the tarball's, and the settings of the server."""
    settings = {"entry_point": "inference.py", "serving": serving}
    return {
        "code/inference.py": textwrap.dedent(handler).encode(),
        "code/deployment.py": b'OWN = "the handler\'s"\n',
        "serving.json": json.dumps(settings).encode(),
    }


def until(what: Callable[[], Any], deadline: float = DEADLINE) -> Any:
    """Return the first true value of `what`."""
    end = time.monotonic() + deadline
    while not (value := what()):
        assert time.monotonic() < end, "the deadline passed"
        time.sleep(0.1)
    return value


@dataclass
class Answer:
    """What came back over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask_http(
    port: int, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Answer:
    """Ask a server of this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


@dataclass
class RayEndpoint:
    """An endpoint that is made with boto3, since the CDK CLI takes much longer and has tests of its own.

    Where it answers is looked up once: after a restart of the machine, another one of the same name is needed.
    """

    machine: Any
    name: str

    def create(self, members: Mapping[str, bytes]) -> None:
        """Create the endpoint; it is not there yet."""
        role = self._role()
        s3, sagemaker = self.machine.client("s3"), self.machine.client("sagemaker")
        s3.create_bucket(Bucket=_BUCKET)
        s3.put_object(Bucket=_BUCKET, Key=f"{self.name}.tar.gz", Body=tarball(members))
        container = {"Image": IMAGE, "ModelDataUrl": f"s3://{_BUCKET}/{self.name}.tar.gz"}
        sagemaker.create_model(ModelName=self.name, PrimaryContainer=container, ExecutionRoleArn=role)
        variant = {"VariantName": "AllTraffic", "ModelName": self.name, "InitialInstanceCount": 1}
        sagemaker.create_endpoint_config(
            EndpointConfigName=self.name, ProductionVariants=[{**variant, "InstanceType": "ml.c7i.large"}]
        )
        sagemaker.create_endpoint(EndpointName=self.name, EndpointConfigName=self.name)

    def settled(self) -> dict[str, Any]:
        """Return the endpoint's description when it is in service or failed."""

        def described() -> Any:
            found = self.machine.client("sagemaker").describe_endpoint(EndpointName=self.name)
            return found if found["EndpointStatus"] in {"InService", "Failed"} else None

        return dict(until(described, 2 * DEADLINE))

    def delete(self) -> None:
        """Delete the endpoint and wait until it is gone."""
        sagemaker = self.machine.client("sagemaker")
        sagemaker.delete_endpoint(EndpointName=self.name)

        def is_gone() -> bool:
            try:
                sagemaker.describe_endpoint(EndpointName=self.name)
            except ClientError:
                return True
            return False

        until(is_gone)

    @cached_property
    def pid(self) -> int:
        """The process that leads the container's session."""
        return int(self._variant()["pid"])

    @cached_property
    def port(self) -> int:
        """Where the adapter answers."""
        return int(self._variant()["url"].rpartition(":")[2])

    def processes(self) -> list[psutil.Process]:
        """The container's processes."""
        leader = psutil.Process(self.pid)
        return [leader, *leader.children(recursive=True)]

    @cached_property
    def serve_port(self) -> int:
        """Where Ray Serve answers behind the adapter."""
        proxies = [one for one in self.processes() if name_of(one).startswith("ray::ProxyActor")]
        for address in (address for proxy in proxies for address in listening(proxy, "tcp")):
            if _is_http(address.port):
                return int(address.port)
        raise AssertionError("Ray Serve's proxy does not answer")

    def ask(self, do: str, headers: Mapping[str, str] | None = None, **more: Any) -> Answer:
        """Ask the adapter for something that the handler does."""
        body = json.dumps({"do": do, **more}).encode()
        return ask_http(self.port, "POST", "/invocations", body, {"Content-Type": JSON, **(headers or {})})

    def log(self) -> str:
        """Return the endpoint's log."""
        logs = self.machine.client("logs")
        group = f"/aws/sagemaker/Endpoints/{self.name}"
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        return "\n".join(event["message"] for page in pages for event in page["events"])

    def _variant(self) -> dict[str, Any]:
        [found] = [e for e in self.machine.status()["endpoints"] if e["name"] == self.name]
        return dict(found["variants"][0])

    def _role(self) -> str:
        iam = self.machine.client("iam")
        trusts = {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        allows = {"Effect": "Allow", "Action": ["s3:GetObject", "logs:*"], "Resource": "*"}
        role = iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps({"Statement": [trusts]}))
        iam.put_role_policy(
            RoleName=self.name, PolicyName="reads", PolicyDocument=json.dumps({"Statement": [allows]})
        )
        return str(role["Role"]["Arn"])


def _is_http(port: int) -> bool:
    try:
        return ask_http(port, "GET", "/-/healthz").status == 200
    except (OSError, http.client.HTTPException):
        return False
