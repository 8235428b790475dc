"""What AWS refuses, the local AWS refuses, in AWS's words; the stack rolls back and the old endpoint answers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assets.model_folder import find_model
from assets.package import package

ROOT = Path(__file__).resolve().parents[2]
ROW = json.dumps([[1.0] * 10])
RAW_APP = """
import aws_cdk as cdk
from aws_cdk import aws_iam as iam, aws_s3 as s3, aws_sagemaker as sagemaker

app = cdk.App()
stack = cdk.Stack(app, "{stack}", env=cdk.Environment(account="000000000000", region="us-east-1"))
role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
{grant}
model = sagemaker.CfnModel(
    stack, "Model", execution_role_arn=role.role_arn,
    primary_container=dict(image="1.dkr.ecr.us-east-1.amazonaws.com/own:1", modelDataUrl="{url}"),
)
model.node.add_dependency(role)
config = sagemaker.CfnEndpointConfig(stack, "Config", production_variants=[dict(
    modelName=model.attr_model_name, variantName="AllTraffic", instanceType="{instance_type}",
    initialInstanceCount=1, initialVariantWeight=1, containerStartupHealthCheckTimeoutInSeconds=60,
)])
name = config.attr_endpoint_config_name
endpoint = sagemaker.CfnEndpoint(stack, "Endpoint", endpoint_name="{endpoint}", endpoint_config_name=name)
{more}
app.synth()
"""
SCALABLE_TARGET = """
from aws_cdk import aws_applicationautoscaling as scaling
target = scaling.CfnScalableTarget(
    stack, "Target", service_namespace="sagemaker", scalable_dimension="sagemaker:variant:DesiredInstanceCount",
    resource_id="endpoint/{endpoint}/variant/AllTraffic", min_capacity=1, max_capacity=2,
)
target.add_dependency(endpoint)
"""
GRANT = 'role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"]))'


def deploy_raw(machine, folder: Path, stack: str, **values: str) -> subprocess.CompletedProcess[str]:
    """Deploy a stack of plain L1 constructs, none of ours, with the real CDK CLI."""
    defaults = {
        "grant": GRANT,
        "instance_type": "ml.m5.large",
        "endpoint": "raw",
        "url": "s3://nowhere/model.tar.gz",
        "more": "",
    }
    (folder / "app.py").write_text(RAW_APP.format(stack=stack, **{**defaults, **values}))
    settings = {"app": f"{sys.executable} app.py", "notices": False, "versionReporting": False}
    (folder / "cdk.json").write_text(json.dumps(settings))
    command = ["slipway", "local", "run", "--", "cdk", "deploy", "--require-approval", "never", "--no-color"]
    return subprocess.run(
        command, cwd=folder, env=machine.environment, capture_output=True, text=True, timeout=300, check=False
    )


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
    failed = deploy_raw(machine, tmp_path, "RawGone")
    assert failed.returncode != 0
    assert "Could not access model data at s3://nowhere/model.tar.gz" in failed.stdout + failed.stderr
    assert_nothing_is_left(machine, "RawGone")


def test_a_role_that_may_not_read_the_tarball(machine, tmp_path, tarball):
    failed = deploy_raw(machine, tmp_path, "RawRole", grant="", url=tarball)
    assert failed.returncode != 0
    assert 'ensure that the role has "s3:GetObject" permissions' in failed.stdout + failed.stderr
    assert_nothing_is_left(machine, "RawRole")


def test_an_instance_type_that_aws_does_not_know(machine, tmp_path, tarball):
    failed = deploy_raw(machine, tmp_path, "RawType", url=tarball, instance_type="ml.g5.bogus")
    assert failed.returncode != 0
    assert "Value 'ml.g5.bogus' at 'productionVariants.1.member.instanceType'" in failed.stdout + failed.stderr
    assert_nothing_is_left(machine, "RawType")


def test_an_endpoint_name_that_aws_does_not_take(machine, tmp_path, tarball):
    failed = deploy_raw(machine, tmp_path, "RawName", url=tarball, endpoint="raw_endpoint")
    assert failed.returncode != 0
    assert "Value 'raw_endpoint' at 'endpointName'" in failed.stdout + failed.stderr
    assert_nothing_is_left(machine, "RawName")


def test_a_handler_whose_dependency_is_missing(new_project):
    project = new_project("lacking")
    handler = project.model / "inference.py"
    handler.write_text("import no_such_package\n")
    failed = project.deploy(check=False)
    assert failed.returncode != 0
    assert "did not pass the ping health check" in failed.stdout + failed.stderr
    assert "No module named 'no_such_package'" in failed.stdout + failed.stderr


def test_a_requirement_that_pip_cannot_find(new_project):
    project = new_project("unfound")
    (project.model / "requirements.txt").write_text("slipway-has-no-such-package==1.0\n")
    failed = project.deploy(check=False)
    assert failed.returncode != 0
    assert "slipway-has-no-such-package" in failed.stdout + failed.stderr


def test_a_truncated_tarball_is_rolled_back_and_the_old_endpoint_answers(new_project):
    project = new_project("truncated")
    project.deploy()
    before = project.slipway("invoke", "scores", "--data", ROW).stdout
    path = project.model / "model.py"
    path.write_text(path.read_text().replace("manual_seed(0)", "manual_seed(1)"))
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
    assert project.slipway("invoke", "scores", "--data", ROW).stdout == before
    name = project.endpoint_name()
    described = project.machine.client("sagemaker").describe_endpoint(EndpointName=name)
    assert described["EndpointStatus"] == "InService"
    assert "valid tar.gz archive" in described["FailureReason"]


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

    failed = deploy_raw(machine, tmp_path, "RawSlow", url="s3://raw-models/slow.tar.gz")

    assert failed.returncode != 0
    assert "did not pass the ping health check" in failed.stdout + failed.stderr
    assert "The container's last output: loading" in failed.stdout + failed.stderr
    assert_nothing_is_left(machine, "RawSlow")


def test_a_scalable_target_keeps_its_instance_type_until_it_is_deregistered(machine, tmp_path, tarball):
    target = SCALABLE_TARGET.format(endpoint="raw-scaled")
    client, values = machine.client, {"url": tarball, "endpoint": "raw-scaled", "more": target}
    first = deploy_raw(machine, tmp_path, "RawScaled", **values)
    assert first.returncode == 0, first.stderr
    sagemaker, autoscaling = client("sagemaker"), client("application-autoscaling")
    before = sagemaker.describe_endpoint(EndpointName="raw-scaled")["EndpointConfigName"]

    failed = deploy_raw(machine, tmp_path, "RawScaled", **values, instance_type="ml.m5.xlarge")

    assert failed.returncode != 0
    said = 'The variant(s) "["AllTraffic"]" must be deregistered as scalable targets with AutoScaling'
    assert said in failed.stdout + failed.stderr
    [stack] = client("cloudformation").describe_stacks(StackName="RawScaled")["Stacks"]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
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
    again = deploy_raw(machine, tmp_path, "RawScaled", **values, instance_type="ml.m5.xlarge")
    assert again.returncode == 0, again.stderr
    client("cloudformation").delete_stack(StackName="RawScaled")
    client("cloudformation").get_waiter("stack_delete_complete").wait(
        StackName="RawScaled", WaiterConfig={"Delay": 1, "MaxAttempts": 120}
    )
    assert_nothing_is_left(machine, "RawScaled")
