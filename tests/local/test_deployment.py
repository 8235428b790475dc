"""A deployed project, as boto3 and the command line see it."""

from __future__ import annotations

import io
import json
import os
import runpy
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from assets.checkout import ROOT
from local_aws.bootstrap import VERSION_PARAMETER

ROWS = [[0.5, -1.2, 3.3, 0.0, 1.1, -0.7, 2.4, 0.9, -2.0, 0.1], [1.0] * 10]


@pytest.fixture(scope="module")
def expected(deployed):
    """What the same module answers when torch calls it."""
    model = runpy.run_path(str(deployed.model / "model.py"))["create_model"]().eval()
    with torch.inference_mode():
        return model(torch.tensor(ROWS)).numpy()


def test_bootstrap_is_the_one_of_the_cdk_cli(deployed):
    stack = deployed.machine.client("cloudformation").describe_stacks(StackName="CDKToolkit")["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE"


def test_bootstrap_of_another_environments_account_as_the_readme_says(machine, tmp_path):
    """The CLI synthesizes first, so that it has to know the environment."""
    command = "cdk bootstrap -c env=dev"
    assert f"`{command}`" in (ROOT / "README.md").read_text()
    ssm = machine.client("ssm", "111111111111", "eu-central-1")
    assert ssm.get_parameters(Names=[VERSION_PARAMETER])["Parameters"] == []

    options = ("--no-color", "--output", str(tmp_path / "cdk.out"))
    done = machine.slipway("local", "run", "--env", "dev", "--", *command.split(), *options)

    assert "Environment aws://111111111111/eu-central-1 bootstrapped" in done.stdout + done.stderr
    assert ssm.get_parameters(Names=[VERSION_PARAMETER])["Parameters"]


def test_endpoint_is_in_service_with_the_config_and_model_of_the_stack(deployed):
    sagemaker = deployed.machine.client("sagemaker")
    resources = deployed.resources("scores")
    endpoint = sagemaker.describe_endpoint(EndpointName=deployed.endpoint_name())
    assert endpoint["EndpointStatus"] == "InService"
    assert endpoint["EndpointArn"] == resources["AWS::SageMaker::Endpoint"]
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    assert config["EndpointConfigArn"] == resources["AWS::SageMaker::EndpointConfig"]
    [variant] = config["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    model = sagemaker.describe_model(ModelName=variant["ModelName"])
    assert model["ModelArn"] == resources["AWS::SageMaker::Model"]
    assert model["ExecutionRoleArn"].endswith(resources["AWS::IAM::Role"])
    assert model["PrimaryContainer"]["ModelDataUrl"].startswith("s3://viewed-local-artifacts-")
    assert model["PrimaryContainer"]["ModelDataUrl"].endswith(".tar.gz")


def test_model_carries_the_digest_that_names_the_tarball(deployed):
    sagemaker = deployed.machine.client("sagemaker")
    arn = deployed.resources("scores")["AWS::SageMaker::Model"]
    tags = {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}
    name = arn.rpartition("/")[2]
    url = sagemaker.describe_model(ModelName=name)["PrimaryContainer"]["ModelDataUrl"]
    assert url.endswith(f"/models/scores/{tags['slipway:model-digest']}.tar.gz")


def test_bucket_is_private_encrypted_versioned_and_forgets_only_the_superseded(deployed):
    s3 = deployed.machine.client("s3")
    bucket = deployed.resources("artifacts")["AWS::S3::Bucket"]
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] in {"AES256", "aws:kms"}
    lifecycle = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert any("AbortIncompleteMultipartUpload" in rule for rule in lifecycle)
    assert any("NoncurrentVersionExpiration" in rule for rule in lifecycle)
    assert not any("Days" in rule.get("Expiration", {}) for rule in lifecycle)
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    denied = [statement for statement in policy["Statement"] if statement["Effect"] == "Deny"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in [statement["Condition"] for statement in denied]


def test_role_may_read_its_own_prefix_and_nothing_else(deployed):
    iam = deployed.machine.client("iam")
    role = deployed.resources("scores")["AWS::IAM::Role"]
    bucket = deployed.resources("artifacts")["AWS::S3::Bucket"]
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    arn = iam.get_role(RoleName=role)["Role"]["Arn"]

    def decision(action: str, resource: str) -> str:
        [result] = iam.simulate_principal_policy(
            PolicySourceArn=arn, ActionNames=[action], ResourceArns=[resource]
        )["EvaluationResults"]
        return str(result["EvalDecision"])

    assert decision("s3:GetObject", f"arn:aws:s3:::{bucket}/models/scores/x.tar.gz") == "allowed"
    assert decision("s3:GetObject", f"arn:aws:s3:::{bucket}/models/other/x.tar.gz") == "implicitDeny"
    assert decision("s3:PutObject", f"arn:aws:s3:::{bucket}/models/scores/x.tar.gz") == "implicitDeny"
    assert decision("logs:CreateLogGroup", "*") == "implicitDeny"


def test_image_was_built_pushed_and_is_what_the_model_names(deployed):
    sagemaker, ecr = deployed.machine.client("sagemaker"), deployed.machine.client("ecr")
    name = deployed.resources("scores")["AWS::SageMaker::Model"].rpartition("/")[2]
    image = sagemaker.describe_model(ModelName=name)["PrimaryContainer"]["Image"]
    repository, _, tag = image.partition("/")[2].rpartition(":")
    assert repository == deployed.resources("artifacts")["AWS::ECR::Repository"]
    [found] = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])["imageDetails"]
    assert found["imageManifestMediaType"] == "application/vnd.docker.distribution.manifest.v2+json"
    calls = builder_calls(deployed)
    assert ["push", image] in [call["arguments"] for call in calls]
    assert ["tag", f"cdkasset-{tag}", image] in [call["arguments"] for call in calls]


def test_the_build_is_of_serving_for_amd64_with_docker_media_types(deployed):
    [build] = [
        call
        for call in builder_calls(deployed)
        if call["arguments"][0] == "build" and Path(call["folder"]).is_relative_to(deployed.folder)
    ]
    context = Path(build["folder"])
    asset = context.name.removeprefix("asset.")
    assert build["arguments"] == [
        "build",
        *("--tag", f"cdkasset-{asset}"),
        *("--platform", "linux/amd64"),
        "--output=type=docker,oci-mediatypes=false",
        ".",
    ]
    # The bridge to Ray Serve travels in the tarball.
    wanted = {name: text for name, text in contents(ROOT / "serving").items() if not name.startswith("ray/")}
    assert contents(context) == wanted


def builder_calls(deployed):
    """What the CDK CLI asked of what stands behind CDK_DOCKER."""
    lines = (deployed.machine.folder / "images" / "calls.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def contents(folder):
    """The files of a build context, without Python's caches."""
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_an_image_tag_that_is_not_there_is_said_to_be_missing(deployed):
    ecr = deployed.machine.client("ecr")
    with pytest.raises(ecr.exceptions.ImageNotFoundException):
        ecr.describe_images(
            repositoryName=deployed.resources("artifacts")["AWS::ECR::Repository"],
            imageIds=[{"imageTag": "never-pushed"}],
        )


def test_json_prediction_is_the_models_own(deployed, expected):
    runtime = deployed.machine.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(
        EndpointName=deployed.endpoint_name(), ContentType="application/json", Body=json.dumps(ROWS)
    )
    np.testing.assert_allclose(json.loads(answer["Body"].read()), expected, atol=1e-6)
    np.testing.assert_allclose(expected.sum(axis=1), 1, atol=1e-6)


def test_npy_prediction_is_the_models_own(deployed, expected):
    body = io.BytesIO()
    np.save(body, np.array(ROWS, dtype=np.float32))
    answer = deployed.machine.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=deployed.endpoint_name(),
        ContentType="application/x-npy",
        Accept="application/x-npy",
        Body=body.getvalue(),
    )
    assert answer["ContentType"] == "application/x-npy"
    np.testing.assert_allclose(np.load(io.BytesIO(answer["Body"].read())), expected, atol=1e-6)


def test_plain_boto3_under_local_run_reaches_the_endpoint(deployed, expected):
    code = (
        "import boto3; print(boto3.client('sagemaker-runtime').invoke_endpoint("
        f"EndpointName={deployed.endpoint_name()!r}, ContentType='application/json',"
        f" Body={json.dumps(ROWS)!r})['Body'].read().decode())"
    )
    printed = deployed.machine.run("python", "-c", code).stdout
    np.testing.assert_allclose(json.loads(printed), expected, atol=1e-6)


def test_a_wrong_request_is_a_model_error_with_the_containers_reason(deployed):
    runtime = deployed.machine.client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError) as caught:
        runtime.invoke_endpoint(
            EndpointName=deployed.endpoint_name(), ContentType="application/json", Body=b"[[1, 2"
        )
    assert 400 <= caught.value.response["OriginalStatusCode"] < 500
    assert "Traceback" not in caught.value.response["OriginalMessage"]


def test_container_output_is_in_the_log_group(deployed):
    logs = deployed.machine.client("logs")
    group = f"/aws/sagemaker/Endpoints/{deployed.endpoint_name()}"
    messages = [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]
    assert any('"ready"' in message for message in messages)
    [described] = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert described["retentionInDays"] > 0


def test_parameter_holds_the_endpoints_name(deployed):
    parameter = deployed.machine.client("ssm").get_parameter(Name="/viewed/local/scores/endpoint-name")
    assert parameter["Parameter"]["Value"] == deployed.endpoint_name()


def test_a_second_deployment_changes_nothing(deployed):
    cloudformation = deployed.machine.client("cloudformation")

    def events() -> int:
        stacks = (deployed.stack("artifacts"), deployed.stack("scores"))
        return sum(len(cloudformation.describe_stack_events(StackName=s)["StackEvents"]) for s in stacks)

    before = events()
    done = deployed.deploy()
    # Where CI is set, the CDK CLI writes its progress to standard output.
    assert (done.stdout + done.stderr).count("(no changes)") == 2
    assert events() == before


def test_diff_is_empty(deployed):
    done = deployed.cdk("diff", "--all", "--fail")
    assert "Number of stacks with differences: 0" in done.stdout + done.stderr


def test_diff_is_empty_from_a_copy_of_the_model_elsewhere(deployed, tmp_path):
    """The same content has the same digest, whatever its place, times and modes: nothing is deployed anew."""
    copy = replace(deployed, folder=tmp_path)
    shutil.copytree(deployed.model, copy.model, copy_function=shutil.copyfile)
    for number, path in enumerate(sorted(copy.model.rglob("*.py"))):
        os.utime(path, (number, number))
        path.chmod(0o600)
    copy.write()
    done = copy.cdk("diff", "--all", "--fail")
    assert "Number of stacks with differences: 0" in done.stdout + done.stderr
