"""The stack of one endpoint: what is made, under which name, and in which order."""

from collections.abc import Callable
from typing import Any

import pytest

Synthesize = Callable[..., Any]
MODEL, CONFIG, ENDPOINT = "AWS::SageMaker::Model", "AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Endpoint"

MADE = """
account: "123456789012"
region: eu-central-1
endpoints:
  linear:
    model: linear
    hosting: {hosting}
"""
SERVERLESS = MADE.replace("{hosting}", "{type: serverless, memory_size_in_mb: 3072, max_concurrency: 7}")
ASYNC = MADE.replace("{hosting}", "{type: async, instance_type: ml.c7i.large}")
CPU = MADE.replace("{hosting}", "{type: real-time, instance_type: ml.c7i.large, initial_instance_count: 3}")


def test_the_model_reads_the_tarball_by_its_digest(synthesize: Synthesize) -> None:
    assembly = synthesize("dev")
    model, digest = assembly.endpoint().only(MODEL), assembly.package.digest
    url = f"s3://slipway-dev-artifacts-111111111111-eu-central-1/models/linear/{digest}.tar.gz"
    assert model["PrimaryContainer"]["ModelDataUrl"] == url
    assert {"Key": "slipway:model-digest", "Value": digest} in model["Tags"]


def test_other_weights_change_the_models_container_and_not_the_endpoints_name(synthesize: Synthesize) -> None:
    before, after = synthesize("dev").endpoint(), synthesize("dev", content="other").endpoint()
    assert before.only(MODEL)["PrimaryContainer"] != after.only(MODEL)["PrimaryContainer"]
    assert before.of_type(ENDPOINT) == after.of_type(ENDPOINT)


def test_the_same_content_gives_the_same_template(synthesize: Synthesize) -> None:
    assert synthesize("dev").endpoint().content == synthesize("dev", content="weights").endpoint().content


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_models_and_configs_are_named_by_cloudformation(synthesize: Synthesize, environment: str) -> None:
    template = synthesize(environment).endpoint()
    assert "ModelName" not in template.only(MODEL)
    assert "EndpointConfigName" not in template.only(CONFIG)


def test_the_model_waits_for_the_roles_policy(synthesize: Synthesize) -> None:
    template = synthesize("dev").endpoint()
    assert template.content["Resources"]["Model"]["DependsOn"] == list(template.of_type("AWS::IAM::Policy"))


def test_serverless_variant(synthesize: Synthesize) -> None:
    (variant,) = synthesize(text=SERVERLESS).endpoint().only(CONFIG)["ProductionVariants"]
    assert variant == {
        "VariantName": "AllTraffic",
        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
        "InitialVariantWeight": 1,
        "ServerlessConfig": {"MemorySizeInMB": 3072, "MaxConcurrency": 7},
    }


@pytest.mark.parametrize(("environment", "count"), [("staging", 1), ("prod", 2)])
def test_gpu_variant_has_the_machine_image_and_no_volume(
    synthesize: Synthesize, environment: str, count: int
) -> None:
    (variant,) = synthesize(environment).endpoint().only(CONFIG)["ProductionVariants"]
    assert variant == {
        "VariantName": "AllTraffic",
        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
        "InitialVariantWeight": 1,
        "InstanceType": "ml.g5.xlarge",
        "InitialInstanceCount": count,
        "InferenceAmiVersion": "al2-ami-sagemaker-inference-gpu-3-1",
        "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
    }


def test_cpu_variant_has_no_machine_image(synthesize: Synthesize) -> None:
    (variant,) = synthesize(text=CPU).endpoint().only(CONFIG)["ProductionVariants"]
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.c7i.large", 3)
    assert "InferenceAmiVersion" not in variant


def test_a_machine_image_of_the_settings_is_taken(synthesize: Synthesize) -> None:
    chosen = "al2023-ami-sagemaker-inference-gpu-4-1"
    hosting = f"{{type: real-time, instance_type: ml.g6e.xlarge, inference_ami_version: {chosen}}}"
    (variant,) = synthesize(text=MADE.replace("{hosting}", hosting)).endpoint().only(CONFIG)["ProductionVariants"]
    assert variant["InferenceAmiVersion"] == chosen


def test_the_endpoint_waits_for_its_log_group_which_has_a_retention(synthesize: Synthesize) -> None:
    template = synthesize("dev").endpoint()
    ((logical_id, endpoint),) = template.of_type(ENDPOINT).items()
    assert logical_id == "ServerlessEndpoint"
    assert "ServerlessLogGroup" in endpoint["DependsOn"]
    assert template.content["Resources"]["ServerlessLogGroup"]["Properties"] == {
        "LogGroupName": "/aws/sagemaker/Endpoints/slipway-dev-linear-serverless",
        "RetentionInDays": 7,
        "Tags": [{"Key": "environment", "Value": "dev"}],
    }


def test_another_hosting_type_is_another_endpoint_beside_the_old_one(synthesize: Synthesize) -> None:
    serverless, real_time = synthesize(text=SERVERLESS).endpoint(), synthesize(text=CPU).endpoint()
    for resource_type in (ENDPOINT, "AWS::Logs::LogGroup", "AWS::IAM::Policy"):
        assert not set(serverless.of_type(resource_type)) & set(real_time.of_type(resource_type))
    assert serverless.only(ENDPOINT)["EndpointName"] == "slipway-made-linear-serverless"
    assert real_time.only(ENDPOINT)["EndpointName"] == "slipway-made-linear-real-time"
    for same in ("AWS::SSM::Parameter", "AWS::IAM::ManagedPolicy", "AWS::IAM::Role", MODEL, CONFIG):
        assert set(serverless.of_type(same)) == set(real_time.of_type(same))


@pytest.mark.parametrize("text", [SERVERLESS, CPU, ASYNC], ids=["serverless", "real-time", "async"])
def test_the_endpoint_goes_before_the_policy_that_it_works_with(synthesize: Synthesize, text: str) -> None:
    template = synthesize(text=text).endpoint()
    (policy,) = template.of_type("AWS::IAM::Policy")
    (endpoint,) = template.of_type(ENDPOINT).values()
    assert policy in endpoint["DependsOn"]


@pytest.mark.parametrize("text", [SERVERLESS, CPU, ASYNC], ids=["serverless", "real-time", "async"])
def test_callers_are_allowed_what_the_new_endpoint_needs_before_they_are_sent_there_and_after_it_is_in_service(
    synthesize: Synthesize, text: str
) -> None:
    template = synthesize(text=text).endpoint()
    (endpoint,) = template.of_type(ENDPOINT)
    ((name, policy),) = template.of_type("AWS::IAM::ManagedPolicy").items()
    (parameter,) = template.of_type("AWS::SSM::Parameter").values()
    assert policy["DependsOn"] == [endpoint]
    assert set(parameter["DependsOn"]) == {name, endpoint}


def test_the_parameter_takes_the_endpoints_name_once_it_is_in_service(synthesize: Synthesize) -> None:
    template = synthesize("dev").endpoint()
    (parameter,) = template.of_type("AWS::SSM::Parameter").values()
    assert parameter["Properties"]["Name"] == "/slipway/dev/linear/endpoint-name"
    assert parameter["Properties"]["Value"] == "slipway-dev-linear-serverless"
    assert "ServerlessEndpoint" in parameter["DependsOn"]


def test_callers_may_find_and_invoke_this_endpoint_and_no_other(synthesize: Synthesize) -> None:
    policy = synthesize("dev").endpoint().only("AWS::IAM::ManagedPolicy")
    endpoint = "arn:aws:sagemaker:eu-central-1:111111111111:endpoint/slipway-dev-linear-"
    parameter = "arn:aws:ssm:eu-central-1:111111111111:parameter/slipway/dev/linear/endpoint-name"
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Sid": "InvokeEndpoint",
            "Effect": "Allow",
            "Action": "sagemaker:InvokeEndpoint",
            "Resource": [
                f"{endpoint}{mode}" for mode in ("serverless", "real-time", "real-time-*", "async", "async-*")
            ],
        },
        {"Sid": "FindEndpoint", "Effect": "Allow", "Action": "ssm:GetParameter", "Resource": parameter},
    ]


def test_outputs_name_what_was_made_and_export_nothing(synthesize: Synthesize) -> None:
    outputs = synthesize("dev").endpoint().content["Outputs"]
    assert set(outputs) == {
        "CallerPolicyArn",
        "EndpointName",
        "EndpointNameParameter",
        "ExecutionRoleArn",
        "ImageUri",
        "ModelDataUrl",
    }
    assert not any("Export" in output for output in outputs.values())


@pytest.mark.parametrize("environment", ["local", "dev", "staging", "prod"])
def test_no_template_imports_from_another_stack(synthesize: Synthesize, environment: str) -> None:
    assert "Fn::ImportValue" not in str(synthesize(environment).endpoint().content)


def test_every_taggable_resource_has_the_settings_tags(synthesize: Synthesize) -> None:
    template = synthesize("staging").endpoint()
    for resource_type in (MODEL, CONFIG, ENDPOINT, "AWS::IAM::Role", "AWS::Logs::LogGroup"):
        assert {"Key": "environment", "Value": "staging"} in template.only(resource_type)["Tags"]
    assert template.only("AWS::SSM::Parameter")["Tags"] == {"environment": "staging"}


def test_two_endpoints_are_two_stacks(synthesize: Synthesize) -> None:
    second = SERVERLESS[SERVERLESS.index("  linear:") :].replace("  linear:", "  second:", 1)
    assembly = synthesize(text=SERVERLESS + second)
    assert assembly.endpoint("linear").only(ENDPOINT)["EndpointName"] == "slipway-made-linear-serverless"
    assert assembly.endpoint("second").only(ENDPOINT)["EndpointName"] == "slipway-made-second-serverless"
    assert "Slipway-made-linear" not in assembly.manifest["Slipway-made-second"]["dependencies"]


def test_a_second_project_shares_no_name(synthesize: Synthesize) -> None:
    ours, theirs = synthesize(text=SERVERLESS), synthesize(text=f"project: team-b\n{SERVERLESS}")
    assert theirs.endpoint().only(ENDPOINT)["EndpointName"] == "team-b-made-linear-serverless"
    assert "Team-b-made-artifacts" in theirs.manifest
    assert not {name for name in ours.manifest if "made" in name} & set(theirs.manifest)


@pytest.mark.parametrize(
    "instance_type",
    ["ml.g4dn.xlarge", "ml.p5.48xlarge", "ml.g6e.xlarge", "ml.g7e.2xlarge", "ml.p6-b200.48xlarge", "ml.m7i.large"],
)
def test_no_valid_instance_type_is_refused_at_synth(synthesize: Synthesize, instance_type: str) -> None:
    hosting = f"{{type: real-time, instance_type: {instance_type}}}"
    (variant,) = synthesize(text=MADE.replace("{hosting}", hosting)).endpoint().only(CONFIG)["ProductionVariants"]
    assert variant["InstanceType"] == instance_type
