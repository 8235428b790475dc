"""The five systems in one environment, deployed at once into AWS on this machine."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from assets.checkout import MODEL_CODE, ROOT
from slipway.invocation import current_endpoint_name
from stacks.settings import EnvironmentSettings, load_environment

from .conftest import ACCOUNT, REGION, Machine, Project
from .test_own_container import write_wheel

ROLE = "brought-along"
_NAME = "systems"
_ENVIRONMENTS = ROOT / "environments"
_FILES = (
    "local",
    *(f"examples/{name}" for name in ("linear-serve", "synpg", "cifar10", "resnet50", "sdk-defaults")),
)
_HANDLER_WITH_REQUIREMENT = """
import added
{handler}

def output_fn(prediction, accept):
    return {{"version": added.VERSION, "probabilities": prediction.tolist()}}
"""
_ROLES_ACTIONS = {  # what docs/permissions.md says that such a role needs
    f"arn:aws:s3:::{_NAME}-local-artifacts-{ACCOUNT}-{REGION}/models/linear-serve/*": ["s3:GetObject"],
    f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{_NAME}-local": [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
    ],
    f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/Endpoints/{_NAME}-local-linear-serve-*": [
        "logs:CreateLogStream",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
    ],
    f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:*": ["cloudwatch:DescribeAlarms"],
    "*": ["ecr:GetAuthorizationToken", "cloudwatch:PutMetricData"],
}


@dataclass(frozen=True)
class Systems:
    """The deployed environment, and what its models were made of."""

    project: Project
    settings: EnvironmentSettings
    images: Path

    def client(self, service: str) -> Any:
        return self.project.machine.client(service)

    def endpoint_name(self, endpoint: str) -> str:
        return current_endpoint_name(self.client, self.settings, endpoint)

    def model(self, endpoint: str) -> Path:
        """Return the folder of an endpoint's model."""
        return MODEL_CODE / self.settings.endpoints[endpoint].model

    def invoke(
        self, endpoint: str, body: bytes, content_type: str = "application/json", accept: str = "application/json"
    ) -> bytes:
        answer = self.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=self.endpoint_name(endpoint), ContentType=content_type, Accept=accept, Body=body
        )
        return bytes(answer["Body"].read())

    def variant(self, endpoint: str) -> dict[str, Any]:
        """Describe the one production variant of an endpoint that is in service."""
        sagemaker = self.client("sagemaker")
        described = sagemaker.describe_endpoint(EndpointName=self.endpoint_name(endpoint))
        assert described["EndpointStatus"] == "InService"
        config = sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
        [variant] = config["ProductionVariants"]
        return dict(variant)

    def sagemaker_model(self, endpoint: str) -> dict[str, Any]:
        """Describe the SageMaker Model behind an endpoint."""
        return dict(self.client("sagemaker").describe_model(ModelName=self.variant(endpoint)["ModelName"]))


@contextlib.contextmanager
def deployed_systems(machine: Machine, folder: Path) -> Iterator[Systems]:
    """Deploy the settings of the examples and of the local environment by one call of the CDK CLI.

    One model is made quick: cifar10 is trained for a moment, by `slipway train`. One endpoint has a role that its
    user made; another, beside the five, has a handler of one function and a requirement.
    """
    project = Project(machine, folder, _NAME)
    data = folder / "data"
    files = [yaml.safe_load((_ENVIRONMENTS / f"{file}.yaml").read_text()) for file in _FILES]
    endpoints = {name: endpoint for file in files for name, endpoint in file["endpoints"].items()}
    endpoints["linear-serve"]["execution_role_arn"] = _bring_role(machine)
    endpoints["cifar10"]["model"] = str(folder / "images")
    endpoints["tensors"] = {**endpoints["sdk-defaults"], "model": str(_with_requirement(folder / "tensors"))}
    [training] = [file["training"] for file in files if "training" in file]
    project.write(endpoints=endpoints, training=training)
    _train(project, folder / "images", data)
    project.cdk("deploy", "--all", "--require-approval", "never", "--concurrency", "8")
    settings = load_environment("local", project.environments)
    yield Systems(project, settings, data)
    project.remove(*settings.endpoints, "training", "artifacts")
    _remove_role(machine)


def _bring_role(machine: Machine) -> str:
    iam = machine.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    statements = [{"Effect": "Allow", "Action": does, "Resource": on} for on, does in _ROLES_ACTIONS.items()]
    role = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=_policy([trust]))["Role"]
    iam.put_role_policy(RoleName=ROLE, PolicyName="hosting", PolicyDocument=_policy(statements))
    return str(role["Arn"])


def _policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _remove_role(machine: Machine) -> None:
    iam = machine.client("iam")
    iam.delete_role_policy(RoleName=ROLE, PolicyName="hosting")
    iam.delete_role(RoleName=ROLE)


def _copy(model: str, folder: Path, *without: str) -> Path:
    shutil.copytree(MODEL_CODE / model, folder, ignore=shutil.ignore_patterns("__pycache__", *without))
    return folder


def _with_requirement(folder: Path) -> Path:
    _copy("sdk_defaults", folder, "samples")
    write_wheel(folder, 1)
    handler = (folder / "handlers" / "input_fn.py").read_text()
    (folder / "inference.py").write_text(_HANDLER_WITH_REQUIREMENT.format(handler=handler))
    (folder / "requirements.txt").write_text("--no-index\n--find-links .\nadded==1\n")
    return folder


def _train(project: Project, folder: Path, data: Path) -> None:
    # The samples expect the answers of another training; their layout is what --image reads.
    _copy("cifar10", folder, "trained")
    subprocess.run([sys.executable, folder / "generate.py", data, "--images-per-batch", "60"], check=True)
    options = ["--hyperparameter", "epochs=3", "--hyperparameter", "batch-size=25"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")  # threads of several tests at a time wait for one another
        trained = project.slipway("train", str(folder), "--data", str(data), *options)
    assert "epoch 3 of 3" in trained.stderr
