"""Projects that change: new weights, another mode of hosting, a model that does not load, the end."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from .left_behind import resource_names

ROW = [[1.0] * 10]


def invoke(project, name: str) -> list[list[float]]:
    answer = project.machine.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=name, ContentType="application/json", Body=json.dumps(ROW)
    )
    return json.loads(answer["Body"].read())


def replace_in_model(project, old: str, new: str) -> None:
    path = project.model / "model.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_new_weights_make_a_new_model_and_config_behind_the_same_endpoint(new_project):
    project = new_project("weights")
    project.deploy()
    before, first_answer = project.resources("scores"), invoke(project, project.endpoint_name())
    sagemaker = project.machine.client("sagemaker")
    replace_in_model(project, "manual_seed(0)", "manual_seed(1)")

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


def test_a_model_that_does_not_load_is_rolled_back_and_the_old_one_keeps_answering(new_project):
    project = new_project("broken")
    project.deploy()
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


def test_a_first_creation_that_fails_leaves_nothing(new_project):
    project = new_project("stillborn")
    handler = project.model / "inference.py"
    handler.write_text("import no_such_package\n")
    assert project.deploy(check=False).returncode != 0
    sagemaker = project.machine.client("sagemaker")
    assert sagemaker.list_endpoints(NameContains="stillborn")["Endpoints"] == []
    assert sagemaker.list_models(NameContains="stillborn")["Models"] == []
    assert not [e for e in project.machine.status()["endpoints"] if "stillborn" in e["name"]]


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


def test_another_mode_of_hosting_makes_an_endpoint_of_another_name(new_project):
    project = new_project("moving")
    project.deploy()
    hosting = {"type": "real-time", "instance_type": "ml.m5.large", "initial_instance_count": 1}
    endpoint = {"model": str(project.model), "container": "slim", "hosting": hosting}
    project.write(endpoints={"scores": endpoint})
    project.deploy()
    sagemaker = project.machine.client("sagemaker")
    names = [e["EndpointName"] for e in sagemaker.list_endpoints(NameContains="moving")["Endpoints"]]
    assert names == [project.endpoint_name(hosting="real-time")]
    parameter = project.machine.client("ssm").get_parameter(Name="/moving/local/scores/endpoint-name")
    assert parameter["Parameter"]["Value"] == names[0]
    assert sum(invoke(project, names[0])[0]) == pytest.approx(1)


def test_destroy_leaves_nothing_but_the_bootstrap(new_project):
    project = new_project("gone")
    project.deploy()
    assert [e for e in project.machine.status()["endpoints"] if e["name"] == project.endpoint_name()]

    project.destroy()

    client = project.machine.client
    stacks = client("cloudformation").list_stacks()["StackSummaries"]
    assert {s["StackStatus"] for s in stacks if s["StackName"].startswith("Gone")} == {"DELETE_COMPLETE"}
    assert [name for name in resource_names(client) if "gone" in name.lower()] == []
    assert [e for e in project.machine.status()["endpoints"] if "gone" in e["name"]] == []
    assert not [p for p in project.machine.processes() if project.endpoint_name() in " ".join(p.cmdline())]
    with pytest.raises(ClientError, match="not found"):
        invoke(project, project.endpoint_name())
