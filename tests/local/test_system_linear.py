"""A tutorial's way to an endpoint: model_code/linear_serve, deployed in real time with a role of the user's."""

from __future__ import annotations

import io
import json
import runpy
import tarfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from assets.checkout import ROOT

from .conftest import ACCOUNT, REGION, Machine, Project

ROWS = [[0.5, -1.2, 3.3, 0.0, 1.1, -0.7, 2.4, 0.9, -2.0, 0.1], [1.0] * 10]
ROLE = "brought-along"
ACTIONS = {  # what docs/permissions.md says that such a role needs
    f"arn:aws:s3:::toy-local-artifacts-{ACCOUNT}-{REGION}/models/scores/*": ["s3:GetObject"],
    f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/toy-local": [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
    ],
    f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/Endpoints/toy-local-scores-*": [
        "logs:CreateLogStream",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
    ],
    f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:*": ["cloudwatch:DescribeAlarms"],
    "*": ["ecr:GetAuthorizationToken", "cloudwatch:PutMetricData"],
}
STATEMENTS = [{"Effect": "Allow", "Action": actions, "Resource": on} for on, actions in ACTIONS.items()]


@pytest.fixture(scope="module")
def served(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The endpoint of the example, with a role that the user made before."""
    iam = machine.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    allowed = json.dumps({"Version": "2012-10-17", "Statement": STATEMENTS})
    iam.put_role_policy(RoleName=ROLE, PolicyName="hosting", PolicyDocument=allowed)
    example = yaml.safe_load((ROOT / "environments/examples/linear-serve.yaml").read_text())
    project = Project(machine, tmp_path_factory.mktemp("toy"), "toy")
    project.write(endpoints={"scores": {**example["endpoints"]["linear-serve"], "execution_role_arn": role}})
    project.deploy()
    yield project
    project.remove()
    iam.delete_role_policy(RoleName=ROLE, PolicyName="hosting")
    iam.delete_role(RoleName=ROLE)


@pytest.fixture
def described(served: Project) -> dict[str, Any]:
    """The SageMaker Model behind the endpoint."""
    sagemaker = served.machine.client("sagemaker")
    endpoint = sagemaker.describe_endpoint(EndpointName=served.endpoint_name(hosting="real-time"))
    assert endpoint["EndpointStatus"] == "InService"
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    [variant] = config["ProductionVariants"]
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.c7i.large", 1)
    return dict(sagemaker.describe_model(ModelName=variant["ModelName"]))


def test_the_role_is_the_one_that_the_user_brought(served: Project, described: dict[str, Any]) -> None:
    assert described["ExecutionRoleArn"] == f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
    assert "AWS::IAM::Role" not in served.resources("scores")


def test_the_tarball_in_s3_has_the_model_and_the_handler_of_another_name(
    served: Project, described: dict[str, Any]
) -> None:
    bucket, _, key = described["PrimaryContainer"]["ModelDataUrl"].removeprefix("s3://").partition("/")
    body = served.machine.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        assert {"model.pt", "code/serve.py", "code/model.py"} <= set(tar.getnames())


def test_invoke_endpoint_answers_as_the_model_in_torch(served: Project) -> None:
    model = runpy.run_path(str(ROOT / "model_code/linear_serve/model.py"))["create_model"]()
    with torch.inference_mode():
        expected = model(torch.tensor(ROWS)).numpy()

    response = served.machine.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=served.endpoint_name(hosting="real-time"),
        ContentType="application/json",
        Body=json.dumps(ROWS),
    )

    np.testing.assert_allclose(json.loads(response["Body"].read().decode()), expected, rtol=0, atol=1e-6)
