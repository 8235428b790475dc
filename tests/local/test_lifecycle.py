"""Projects that change: new weights, another mode of hosting, a model that does not load, the end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from assets.model_folder import find_model
from assets.package import package

from .conftest import Machine, Project, make_project
from .left_behind import resource_names
from .process_facts import command_of

ROW = [[1.0] * 10]


@pytest.fixture(scope="module")
def project(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A deployed project, which every test changes from where it is; the last one destroys it."""
    made = make_project(machine, tmp_path_factory.mktemp("weights") / "project", "weights")
    made.deploy()
    yield made
    made.remove()


def invoke(project, name: str) -> list[list[float]]:
    answer = project.machine.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=name, ContentType="application/json", Body=json.dumps(ROW)
    )
    return json.loads(answer["Body"].read())


def change_weights(project) -> None:
    path = project.model / "model.py"
    text = path.read_text()
    changed = re.sub(r"manual_seed\((\d+)\)", lambda seed: f"manual_seed({int(seed[1]) + 1})", text)
    assert changed != text
    path.write_text(changed)


def test_new_weights_make_a_new_model_and_config_behind_the_same_endpoint(project):
    before, first_answer = project.resources("scores"), invoke(project, project.endpoint_name())
    sagemaker = project.machine.client("sagemaker")
    change_weights(project)

    project.deploy()

    after = project.resources("scores")
    assert after["AWS::SageMaker::Endpoint"] == before["AWS::SageMaker::Endpoint"]
    assert after["AWS::SageMaker::Model"] != before["AWS::SageMaker::Model"]
    assert after["AWS::SageMaker::EndpointConfig"] != before["AWS::SageMaker::EndpointConfig"]
    assert invoke(project, project.endpoint_name()) != first_answer
    models = [m["ModelArn"] for m in sagemaker.list_models(NameContains="weights")["Models"]]
    assert models == [after["AWS::SageMaker::Model"]]
    configs = sagemaker.list_endpoint_configs(NameContains="weights")["EndpointConfigs"]
    assert [c["EndpointConfigArn"] for c in configs] == [after["AWS::SageMaker::EndpointConfig"]]


def test_a_model_that_does_not_load_is_rolled_back_and_the_old_one_keeps_answering(project):
    answer = invoke(project, project.endpoint_name())
    handler = project.model / "inference.py"
    handler.write_text(
        handler.read_text() + "\n\ndef model_fn(model_dir):\n    raise ValueError('no such weights')\n"
    )

    failed = project.deploy(check=False)

    assert failed.returncode != 0
    assert "did not pass the ping health check" in failed.stdout + failed.stderr
    assert "no such weights" in failed.stdout + failed.stderr
    assert "Traceback" not in failed.stdout + failed.stderr
    stacks = project.machine.client("cloudformation").describe_stacks(StackName=project.stack("scores"))["Stacks"]
    assert stacks[0]["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert invoke(project, project.endpoint_name()) == answer
    # The next good deployment goes through.
    handler.write_text(handler.read_text().replace("raise ValueError('no such weights')", "raise SystemExit"))
    handler.write_text(handler.read_text().rpartition("\n\ndef model_fn")[0] + "\n")
    project.deploy()
    assert invoke(project, project.endpoint_name()) == answer


def test_awss_pytorch_container_is_served_by_the_slim_server_which_says_so(new_project):
    project = new_project("gpu")
    hosting = {"type": "real-time", "instance_type": "ml.g5.xlarge", "initial_instance_count": 2}
    endpoint = {"model": str(project.model), "container": "pytorch-inference", "hosting": hosting}
    project.write(endpoints={"scores": endpoint})
    project.deploy()
    name = project.endpoint_name(hosting="real-time")
    described = project.machine.client("sagemaker").describe_endpoint(EndpointName=name)
    [variant] = described["ProductionVariants"]
    assert variant["CurrentInstanceCount"] == 2
    assert "/pytorch-inference:" in variant["DeployedImages"][0]["SpecifiedImage"]
    [config] = project.machine.client("sagemaker").describe_endpoint_config(
        EndpointConfigName=described["EndpointConfigName"]
    )["ProductionVariants"]
    assert config["InferenceAmiVersion"].startswith("al2")
    assert sum(invoke(project, name)[0]) == pytest.approx(1)
    [status] = [e for e in project.machine.status()["endpoints"] if e["name"] == name]
    assert "slim server" in status["variants"][0]["note"]


def test_a_truncated_tarball_is_rolled_back_and_the_old_endpoint_answers(project):
    before = invoke(project, project.endpoint_name())
    model = (project.model / "model.py").read_text()
    change_weights(project)
    packed = package(find_model(str(project.model)))
    # The CLI publishes nothing under a key that is there: the half of a tarball stays as it is.
    project.machine.client("s3").put_object(
        Bucket=project.resources("artifacts")["AWS::S3::Bucket"],
        Key=f"models/scores/{packed.digest}.tar.gz",
        Body=packed.path.read_bytes()[: packed.size // 2],
    )

    failed = project.deploy(check=False)

    assert failed.returncode != 0
    assert "Failed to extract model data archive" in failed.stdout + failed.stderr
    name = project.endpoint_name()
    assert invoke(project, name) == before
    described = project.machine.client("sagemaker").describe_endpoint(EndpointName=name)
    assert described["EndpointStatus"] == "InService"
    assert "valid tar.gz archive" in described["FailureReason"]
    (project.model / "model.py").write_text(model)


def test_destroy_leaves_nothing_but_the_bootstrap(project):
    assert [e for e in project.machine.status()["endpoints"] if e["name"] == project.endpoint_name()]

    project.destroy()

    client = project.machine.client
    stacks = client("cloudformation").list_stacks()["StackSummaries"]
    assert {s["StackStatus"] for s in stacks if s["StackName"].startswith("Weights")} == {"DELETE_COMPLETE"}
    assert [name for name in resource_names(client) if "weights" in name.lower()] == []
    assert [e for e in project.machine.status()["endpoints"] if "weights" in e["name"]] == []
    assert not [p for p in project.machine.processes() if project.endpoint_name() in command_of(p)]
    with pytest.raises(ClientError, match="not found"):
        invoke(project, project.endpoint_name())
