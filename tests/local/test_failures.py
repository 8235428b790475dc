"""What AWS refuses, the local AWS refuses, in AWS's words; the stack rolls back and the old endpoint answers."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from assets.model_folder import find_model
from assets.package import package

from .conftest import Machine

ROOT = Path(__file__).resolve().parents[2]
ROW = json.dumps([[1.0] * 10])
# The real CDK CLI deploys the template as an app's own.
RAW_APP = """
import aws_cdk as cdk
from aws_cdk import cloudformation_include

app = cdk.App()
stack = cdk.Stack(app, "{stack}", env=cdk.Environment(account="000000000000", region="us-east-1"))
cloudformation_include.CfnInclude(stack, "Included", template_file="template.json")
app.synth()
"""
TO_READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
OF_SAGEMAKER = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
SECOND = {"Delay": 1, "MaxAttempts": 200}


def raw(
    *,
    url: str,
    may_read: bool = True,
    instance_type: str = "ml.m5.large",
    endpoint: str = "raw",
    scaled: bool = False,
) -> dict[str, Any]:
    """Write a template of plain resources, none of which is ours."""
    role = {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [OF_SAGEMAKER]},
        "Policies": [{"PolicyName": "Own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [TO_READ]}}]
        if may_read
        else [],
    }
    container = {"Image": "1.dkr.ecr.us-east-1.amazonaws.com/own:1", "ModelDataUrl": url}
    variant = {
        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
        "VariantName": "AllTraffic",
        "InstanceType": instance_type,
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1,
        "ContainerStartupHealthCheckTimeoutInSeconds": 60,
    }
    config = {"Fn::GetAtt": ["Config", "EndpointConfigName"]}
    resources: dict[str, Any] = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": role},
        "Model": {
            "Type": "AWS::SageMaker::Model",
            "Properties": {"ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, "PrimaryContainer": container},
        },
        "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {"ProductionVariants": [variant]}},
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {"EndpointName": endpoint, "EndpointConfigName": config},
        },
    }
    if scaled:
        target = {
            "ServiceNamespace": "sagemaker",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            "ResourceId": f"endpoint/{endpoint}/variant/AllTraffic",
            "MinCapacity": 1,
            "MaxCapacity": 2,
        }
        kind = "AWS::ApplicationAutoScaling::ScalableTarget"
        resources["Target"] = {"Type": kind, "DependsOn": "Endpoint", "Properties": target}
    return {"Resources": resources}


def deploy_by_the_cli(
    machine: Machine, folder: Path, stack: str, template: dict[str, Any]
) -> subprocess.CompletedProcess[str]:
    """Deploy a template with the real CDK CLI."""
    (folder / "template.json").write_text(json.dumps(template))
    (folder / "app.py").write_text(RAW_APP.format(stack=stack))
    settings = {"app": f"{sys.executable} app.py", "notices": False, "versionReporting": False}
    (folder / "cdk.json").write_text(json.dumps(settings))
    command = ["slipway", "local", "run", "--", "cdk", "deploy", "--require-approval", "never", "--no-color"]
    return subprocess.run(
        command, cwd=folder, env=machine.environment, capture_output=True, text=True, timeout=300, check=False
    )


def deploy(machine: Machine, stack: str, template: dict[str, Any], *, update: bool = False) -> tuple[str, str]:
    """Deploy a template as boto3 does; return the status of the stack, and what its events say."""
    cloudformation = machine.client("cloudformation")
    act = cloudformation.update_stack if update else cloudformation.create_stack
    act(StackName=stack, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
    waiter = cloudformation.get_waiter("stack_update_complete" if update else "stack_create_complete")
    with contextlib.suppress(WaiterError):
        waiter.wait(StackName=stack, WaiterConfig=SECOND)
    [described] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return described["StackStatus"], "\n".join(event.get("ResourceStatusReason", "") for event in events)


@pytest.fixture
def tarball(machine):
    """A good tarball in a bucket of its own."""
    s3 = machine.client("s3")
    s3.create_bucket(Bucket="raw-models")
    packed = package(find_model("linear"))
    s3.upload_file(str(packed.path), "raw-models", "model.tar.gz")
    yield "s3://raw-models/model.tar.gz"
    for item in s3.list_objects_v2(Bucket="raw-models").get("Contents", []):
        s3.delete_object(Bucket="raw-models", Key=item["Key"])
    s3.delete_bucket(Bucket="raw-models")


def assert_nothing_is_left(machine, stack: str) -> None:
    sagemaker = machine.client("sagemaker")
    assert sagemaker.list_endpoints(NameContains="raw")["Endpoints"] == []
    assert sagemaker.list_models(NameContains=stack)["Models"] == []
    assert sagemaker.list_endpoint_configs(NameContains=stack)["EndpointConfigs"] == []
    machine.client("cloudformation").delete_stack(StackName=stack)


def test_a_tarball_that_is_gone(machine, tmp_path):
    failed = deploy_by_the_cli(machine, tmp_path, "RawGone", raw(url="s3://nowhere/model.tar.gz"))
    assert failed.returncode != 0
    assert "Could not access model data at s3://nowhere/model.tar.gz" in failed.stdout + failed.stderr
    assert_nothing_is_left(machine, "RawGone")


def test_a_role_that_may_not_read_the_tarball(machine, tarball):
    status, said = deploy(machine, "RawRole", raw(url=tarball, may_read=False))
    assert status == "ROLLBACK_COMPLETE"
    assert 'ensure that the role has "s3:GetObject" permissions' in said
    assert_nothing_is_left(machine, "RawRole")


def test_an_instance_type_that_aws_does_not_know(machine, tarball):
    status, said = deploy(machine, "RawType", raw(url=tarball, instance_type="ml.g5.bogus"))
    assert status == "ROLLBACK_COMPLETE"
    assert "Value 'ml.g5.bogus' at 'productionVariants.1.member.instanceType'" in said
    assert_nothing_is_left(machine, "RawType")


def test_an_endpoint_name_that_aws_does_not_take(machine, tarball):
    status, said = deploy(machine, "RawName", raw(url=tarball, endpoint="raw_endpoint"))
    assert status == "ROLLBACK_COMPLETE"
    assert "Value 'raw_endpoint' at 'endpointName'" in said
    assert_nothing_is_left(machine, "RawName")


def test_a_handler_whose_dependency_is_missing_fails_the_first_creation_which_leaves_nothing(new_project):
    project = new_project("lacking")
    handler = project.model / "inference.py"
    handler.write_text("import no_such_package\n")
    failed = project.deploy(check=False)
    assert failed.returncode != 0
    assert "did not pass the ping health check" in failed.stdout + failed.stderr
    assert "No module named 'no_such_package'" in failed.stdout + failed.stderr
    sagemaker = project.machine.client("sagemaker")
    assert sagemaker.list_endpoints(NameContains="lacking")["Endpoints"] == []
    assert sagemaker.list_models(NameContains="lacking")["Models"] == []
    assert not [e for e in project.machine.status()["endpoints"] if "lacking" in e["name"]]


def test_a_requirement_that_pip_cannot_find(new_project):
    project = new_project("unfound")
    (project.model / "requirements.txt").write_text("slipway-has-no-such-package==1.0\n")
    failed = project.deploy(check=False)
    assert failed.returncode != 0
    assert "slipway-has-no-such-package" in failed.stdout + failed.stderr


def test_a_container_that_never_answers_its_ping(machine, tmp_path, tarball):
    """A model that never finishes loading: the variant's start-up time-out, at least 60 s, ends it."""
    folder = tmp_path / "model"
    shutil.copytree(ROOT / "model_code" / "linear", folder)
    shutil.rmtree(folder / "samples")
    handler = (
        "import threading\n\n\ndef model_fn(model_dir):\n    print('loading')\n    threading.Event().wait()\n"
    )
    (folder / "inference.py").write_text(handler)
    machine.client("s3").upload_file(str(package(find_model(str(folder))).path), "raw-models", "slow.tar.gz")

    status, said = deploy(machine, "RawSlow", raw(url="s3://raw-models/slow.tar.gz"))

    assert status == "ROLLBACK_COMPLETE"
    assert "did not pass the ping health check" in said
    assert "The container's last output: loading" in said
    assert_nothing_is_left(machine, "RawSlow")


def test_a_scalable_target_keeps_its_instance_type_until_it_is_deregistered(machine, tarball):
    client = machine.client
    status, said = deploy(machine, "RawScaled", raw(url=tarball, endpoint="raw-scaled", scaled=True))
    assert status == "CREATE_COMPLETE", said
    sagemaker, autoscaling = client("sagemaker"), client("application-autoscaling")
    before = sagemaker.describe_endpoint(EndpointName="raw-scaled")["EndpointConfigName"]

    other = raw(url=tarball, endpoint="raw-scaled", scaled=True, instance_type="ml.m5.xlarge")
    status, said = deploy(machine, "RawScaled", other, update=True)

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert 'The variant(s) "["AllTraffic"]" must be deregistered as scalable targets with AutoScaling' in said
    described = sagemaker.describe_endpoint(EndpointName="raw-scaled")
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", before)
    configs = sagemaker.list_endpoint_configs(NameContains="RawScaled")["EndpointConfigs"]
    assert [config["EndpointConfigName"] for config in configs] == [before]
    answer = client("sagemaker-runtime").invoke_endpoint(
        EndpointName="raw-scaled", ContentType="application/json", Body=ROW
    )
    assert sum(json.loads(answer["Body"].read())[0]) == pytest.approx(1)

    [registered] = autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    members = ("ServiceNamespace", "ResourceId", "ScalableDimension")
    autoscaling.deregister_scalable_target(**{member: registered[member] for member in members})
    status, said = deploy(machine, "RawScaled", other, update=True)
    assert status == "UPDATE_COMPLETE", said
    client("cloudformation").delete_stack(StackName="RawScaled")
    client("cloudformation").get_waiter("stack_delete_complete").wait(StackName="RawScaled", WaiterConfig=SECOND)
    assert_nothing_is_left(machine, "RawScaled")
