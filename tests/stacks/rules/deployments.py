"""Endpoints made as raw L1 constructs: a deployment that AWS takes, with what a case changes in it."""

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker

Config = sagemaker.CfnEndpointConfig
Endpoint = sagemaker.CfnEndpoint
Model = sagemaker.CfnModel

PRIVATE_IMAGE = "111111111111.dkr.ecr.eu-central-1.amazonaws.com/team/serving-gpu:cu130-v7"
"""An image of somebody's own, whose name says nothing."""

RAY_GPU = "763104351884.dkr.ecr.eu-central-1.amazonaws.com/ray:serve-ml-sagemaker-cuda-v1.4"
RAY_CPU = "763104351884.dkr.ecr.eu-central-1.amazonaws.com/ray:serve-ml-sagemaker-cpu-v1.4"
PYTORCH_GPU = (
    "763104351884.dkr.ecr.eu-central-1.amazonaws.com/pytorch-inference:2.6.0-gpu-py312-cu124-ubuntu22.04-sagemaker"
)
PYTORCH_CPU = "763104351884.dkr.ecr.eu-central-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
GRAVITON = (
    "763104351884.dkr.ecr.eu-central-1.amazonaws.com/pytorch-inference-arm64:2.6.0-cpu-py312-ubuntu22.04-sagemaker"
)
ROLE_ARN = "arn:aws:iam::111111111111:role/serving"
CUDA_12_AMI = "al2-ami-sagemaker-inference-gpu-3-1"
CUDA_13_AMI = "al2023-ami-sagemaker-inference-gpu-4-1"

SERVERLESS = {
    "instance_type": None,
    "initial_instance_count": None,
    "serverless_config": Config.ServerlessConfigProperty(memory_size_in_mb=2048, max_concurrency=5),
}
"""What makes a variant serverless."""

ASYNC = Config.AsyncInferenceConfigProperty(
    output_config=Config.AsyncInferenceOutputConfigProperty(s3_output_path="s3://results/async")
)
VPC = {"security_group_ids": ["sg-0123456789abcdef0"], "subnets": ["subnet-0123456789abcdef0"]}


def serverless(memory: float = 2048, most: float = 5, provisioned: float | None = None) -> dict[str, Any]:
    """What makes a variant serverless, of other sizes."""
    return SERVERLESS | {
        "serverless_config": Config.ServerlessConfigProperty(
            memory_size_in_mb=memory, max_concurrency=most, provisioned_concurrency=provisioned
        )
    }


def capture(
    sampling: float = 10, *, enabled: bool | None = None, destination: str = "s3://captured/linear"
) -> Config.DataCaptureConfigProperty:
    """Data capture into one prefix."""
    return Config.DataCaptureConfigProperty(
        capture_options=[Config.CaptureOptionProperty(capture_mode="Input")],
        destination_s3_uri=destination,
        initial_sampling_percentage=sampling,
        enable_capture=enabled,
    )


def model_data(
    uri: str = "s3://models/linear/", *, kind: str = "S3Prefix", compression: str = "None"
) -> Model.ModelDataSourceProperty:
    """Model data by its ModelDataSource."""
    place = Model.S3DataSourceProperty(s3_uri=uri, s3_data_type=kind, compression_type=compression)
    return Model.ModelDataSourceProperty(s3_data_source=place)


def size(kind: str, value: float) -> Endpoint.CapacitySizeProperty:
    """A part of the instances."""
    return Endpoint.CapacitySizeProperty(type=kind, value=value)


def alarms(count: int = 1) -> Endpoint.AutoRollbackConfigProperty:
    """Alarms that roll back."""
    names = [Endpoint.AlarmProperty(alarm_name=f"errors-{index}") for index in range(count)]
    return Endpoint.AutoRollbackConfigProperty(alarms=names)


def blue_green(
    kind: str = "ALL_AT_ONCE",
    *,
    wait: float = 300,
    watched: Endpoint.AutoRollbackConfigProperty | None = None,
    canary: Endpoint.CapacitySizeProperty | None = None,
    step: Endpoint.CapacitySizeProperty | None = None,
    termination: float | None = None,
    longest: float | None = None,
) -> Endpoint.DeploymentConfigProperty:
    """A blue/green deployment with one alarm."""
    return Endpoint.DeploymentConfigProperty(
        auto_rollback_configuration=alarms() if watched is None else watched,
        blue_green_update_policy=Endpoint.BlueGreenUpdatePolicyProperty(
            traffic_routing_configuration=Endpoint.TrafficRoutingConfigProperty(
                type=kind, wait_interval_in_seconds=wait, canary_size=canary, linear_step_size=step
            ),
            termination_wait_in_seconds=termination,
            maximum_execution_timeout_in_seconds=longest,
        ),
    )


def rolling(
    batch: Endpoint.CapacitySizeProperty, *, longest: float | None = None
) -> Endpoint.DeploymentConfigProperty:
    """A rolling deployment with one alarm."""
    return Endpoint.DeploymentConfigProperty(
        auto_rollback_configuration=alarms(),
        rolling_update_policy=Endpoint.RollingUpdatePolicyProperty(
            maximum_batch_size=batch, wait_interval_in_seconds=300, maximum_execution_timeout_in_seconds=longest
        ),
    )


def statement(*actions: str, resource: str = "*", effect: str = "Allow") -> dict[str, Any]:
    """A statement of a policy."""
    return {"Effect": effect, "Action": list(actions), "Resource": resource}


def execution_role(stack: cdk.Stack, inline: Sequence[dict[str, Any]], attached: Sequence[dict[str, Any]]) -> str:
    """A role with an inline policy and one that is attached to it; returns its ARN."""
    role = iam.CfnRole(
        stack,
        "Role",
        assume_role_policy_document={"Version": "2012-10-17", "Statement": []},
        policies=[
            iam.CfnRole.PolicyProperty(
                policy_name="inline", policy_document={"Version": "2012-10-17", "Statement": list(inline)}
            )
        ],
    )
    if attached:
        iam.CfnPolicy(
            stack,
            "Policy",
            policy_name="attached",
            policy_document={"Version": "2012-10-17", "Statement": list(attached)},
            roles=[role.ref],
        )
    return role.attr_arn


def deploy(
    stack: cdk.Stack,
    *,
    container: Mapping[str, Any] | None = None,
    containers: int = 1,
    model: Mapping[str, Any] | None = None,
    variants: Sequence[Mapping[str, Any]] = ({},),
    shadow: Sequence[Mapping[str, Any]] = (),
    config: Mapping[str, Any] | None = None,
    endpoint: Mapping[str, Any] | None = None,
    target: Mapping[str, Any] | None = None,
    policies: Sequence[str] = (),
    role: Sequence[dict[str, Any]] | None = None,
    attached: Sequence[dict[str, Any]] = (),
) -> None:
    """Make model, config and endpoint, real-time on a CPU instance, with what a case changes.

    Parameters
    ----------
    container, model, config, endpoint
        Properties beside the usual ones; None takes one away.
    containers
        How many.
    variants, shadow
        Properties of each variant beside the usual ones.
    target
        Properties of a scalable target of the variant AllTraffic.
    policies
        The types of scaling policies of that target.
    role, attached
        Statements of an execution role of this stack; without them the role is somewhere else.
    """
    definition = Model.ContainerDefinitionProperty(
        **_without_none(
            {"image": PRIVATE_IMAGE, "model_data_url": "s3://models/linear.tar.gz", **(container or {})}
        )
    )
    made = Model(
        stack,
        "Model",
        execution_role_arn=ROLE_ARN if role is None else execution_role(stack, role, attached),
        primary_container=definition if containers == 1 else None,
        containers=[definition] * containers if containers > 1 else None,
        **(model or {}),
    )
    hosted = Config(
        stack,
        "Config",
        production_variants=[_variant(made, variant) for variant in variants],
        shadow_production_variants=[_variant(made, {"variant_name": "Shadow"} | dict(each)) for each in shadow]
        or None,
        **(config or {}),
    )
    online = Endpoint(stack, "Endpoint", endpoint_config_name=hosted.attr_endpoint_config_name, **(endpoint or {}))
    if target is not None:
        _scale(stack, online, target, policies)


def _variant(model: Model, changes: Mapping[str, Any]) -> Config.ProductionVariantProperty:
    usual = {
        "variant_name": "AllTraffic",
        "model_name": model.attr_model_name,
        "initial_variant_weight": 1,
        "instance_type": "ml.m5.large",
        "initial_instance_count": 1,
    }
    return Config.ProductionVariantProperty(**_without_none(usual | dict(changes)))


def _scale(stack: cdk.Stack, endpoint: Endpoint, changes: Mapping[str, Any], policies: Sequence[str]) -> None:
    usual = {
        "max_capacity": 4,
        "min_capacity": 1,
        "resource_id": f"endpoint/{endpoint.attr_endpoint_name}/variant/AllTraffic",
        "role_arn": ROLE_ARN,
        "scalable_dimension": "sagemaker:variant:DesiredInstanceCount",
        "service_namespace": "sagemaker",
    }
    scaled = scaling.CfnScalableTarget(stack, "Target", **_without_none(usual | dict(changes)))
    for index, kind in enumerate(policies):
        scaling.CfnScalingPolicy(
            stack, f"ScalingPolicy{index}", policy_name=f"p{index}", policy_type=kind, scaling_target_id=scaled.ref
        )


def _without_none(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if value is not None}
