"""Where AWS says so."""

from typing import NamedTuple

_API = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_"
_GUIDE = "https://docs.aws.amazon.com/sagemaker/latest/dg/"
_CONTAINERS = "https://github.com/aws/deep-learning-containers"


class Source(NamedTuple):
    """A page of AWS's."""

    title: str
    url: str


def _api(shape: str) -> Source:
    return Source(f"SageMaker API, {shape}", f"{_API}{shape}.html")


def _guide(page: str, title: str) -> Source:
    return Source(f"SageMaker Developer Guide, {title}", f"{_GUIDE}{page}.html")


SOURCES = {
    "async": _guide("async-inference-create-endpoint", "Create an asynchronous inference endpoint"),
    "async-scaling": _guide("async-inference-autoscale", "Autoscale an asynchronous endpoint"),
    "async-client": _api("AsyncInferenceClientConfig"),
    "alarms": _api("AutoRollbackConfig"),
    "blue-green": _api("BlueGreenUpdatePolicy"),
    "canary": _api("TrafficRoutingConfig"),
    "capture": _api("DataCaptureConfig"),
    "capture-role": _guide("model-monitor-data-capture-endpoint", "Capture data from a real-time endpoint"),
    "config": _api("CreateEndpointConfig"),
    "container": _api("ContainerDefinition"),
    "containers": Source("AWS Deep Learning Containers", _CONTAINERS),
    "drivers": _guide("inference-gpu-drivers", "GPU driver upgrades"),
    "endpoint": _api("CreateEndpoint"),
    "exclusions": _guide("deployment-guardrails-exclusions", "Exclusions of deployment guardrails"),
    "guardrails": _guide("deployment-guardrails", "Deployment guardrails"),
    "isolation": _guide("mkt-algo-model-internet-free", "Network isolation"),
    "model": _api("CreateModel"),
    "model-data": _api("S3ModelDataSource"),
    "monitoring": _guide("deployment-guardrails-configuration", "Auto-rollback configuration and monitoring"),
    "rolling": _api("RollingUpdatePolicy"),
    "roles": _guide("sagemaker-roles", "Execution roles"),
    "scaling": _guide("endpoint-auto-scaling", "Automatic scaling of models"),
    "scaling-prerequisites": _guide("endpoint-auto-scaling-prerequisites", "Auto scaling prerequisites"),
    "scaling-zero": _guide("endpoint-auto-scaling-zero-instances", "Scale an endpoint to zero instances"),
    "serverless": _guide("serverless-endpoints", "Serverless Inference"),
    "serverless-config": _api("ProductionVariantServerlessConfig"),
    "serverless-scaling": _guide("serverless-endpoints-autoscale", "Autoscale provisioned concurrency"),
    "shadow": _guide("shadow-tests-exclusions", "Exclusions of shadow tests"),
    "update": _api("UpdateEndpoint"),
    "variant": _api("ProductionVariant"),
    "volumes": _guide("host-instance-storage", "Host instance storage volumes"),
    "vpc": _api("VpcConfig"),
}
"""Key to page; the rules and docs/rules.md name the keys."""
