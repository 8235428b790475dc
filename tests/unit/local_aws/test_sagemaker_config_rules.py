"""What CreateEndpointConfig refuses."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.api_error import ApiError
from local_aws.sagemaker.config_rules import refuse_config
from local_aws.sagemaker.resources import ResourceStore

SERVERLESS = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
ASYNC = {"OutputConfig": {"S3OutputPath": "s3://bucket/out"}}
CAPTURE = {
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://bucket/captured",
    "CaptureOptions": [{"CaptureMode": "Input"}],
}
Config = dict[str, Any]


@pytest.fixture
def models() -> ResourceStore:
    store = ResourceStore("model", "Model")
    for name, members in {
        "model": {},
        "in-vpc": {"VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}},
        "isolated": {"EnableNetworkIsolation": True},
    }.items():
        store.add(name, {"ModelName": name, **members})
    return store


def variant(name: str = "blue", model: str = "model", **members: Any) -> Config:
    shape = members or {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    return {"VariantName": name, "ModelName": model, **shape}


def config(*variants: Config, **members: Any) -> Config:
    return {"EndpointConfigName": "c", "ProductionVariants": list(variants or (variant(),)), **members}


BROKEN: dict[str, tuple[Config, str]] = {
    "serverless and a second variant": (config(variant(**SERVERLESS), variant("green")), "several production"),
    "serverless and capture": (config(variant(**SERVERLESS), DataCaptureConfig=CAPTURE), "DataCaptureConfig"),
    "serverless and a shadow": (
        config(variant(**SERVERLESS), ShadowProductionVariants=[variant("shadow")]),
        "ShadowProductionVariants",
    ),
    "a serverless shadow": (
        config(ShadowProductionVariants=[variant("shadow", **SERVERLESS)]),
        "ShadowProductionVariants",
    ),
    "serverless and asynchronous": (config(variant(**SERVERLESS), AsyncInferenceConfig=ASYNC), "AsyncInference"),
    "serverless in a VPC": (config(variant("blue", "in-vpc", **SERVERLESS)), "VpcConfig"),
    "serverless in isolation": (config(variant("blue", "isolated", **SERVERLESS)), "network isolation"),
    "more provisioned than allowed": (
        config(
            variant(
                ServerlessConfig={"MemorySizeInMB": 2048, "MaxConcurrency": 2, "ProvisionedConcurrency": 3},
            )
        ),
        "ProvisionedConcurrency",
    ),
    "two variants and a shadow": (
        config(variant(), variant("green"), ShadowProductionVariants=[variant("shadow")]),
        "one variant in",
    ),
    "asynchronous and a shadow": (
        config(ShadowProductionVariants=[variant("shadow")], AsyncInferenceConfig=ASYNC),
        "asynchronous",
    ),
    "asynchronous without a path": (config(AsyncInferenceConfig={"OutputConfig": {}}), "S3OutputPath"),
    "a shadow of the same name": (config(ShadowProductionVariants=[variant()]), "unique"),
    "both kinds in one": (config({**variant(), **SERVERLESS}), "both"),
    "neither kind": (config({"VariantName": "blue", "ModelName": "model"}), "neither"),
    "no count": (config({"VariantName": "b", "ModelName": "model", "InstanceType": "ml.m5.large"}), "InitialI"),
    "an absent model": (config(variant("blue", "absent")), "Could not find model"),
    "inference components": (
        config({"VariantName": "b", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}),
        "does not implement variants without a ModelName",
    ),
    "managed scaling": (config({**variant(), "ManagedInstanceScaling": {}}), "does not implement ManagedI"),
    "explanations": (config(ExplainerConfig={}), "does not implement ExplainerConfig"),
}


@pytest.mark.parametrize("case", sorted(BROKEN))
def test_what_does_not_go_together_is_refused_by_name(models: ResourceStore, case: str) -> None:
    broken, named = BROKEN[case]

    with pytest.raises(ApiError, match=named) as caught:
        refuse_config(broken, models)

    assert caught.value.status == 400


SOUND: dict[str, Config] = {
    "two variants": config(variant(), variant("green")),
    "a shadow": config(ShadowProductionVariants=[variant("shadow")], DataCaptureConfig=CAPTURE),
    "serverless": config(variant(**SERVERLESS), DataCaptureConfig={**CAPTURE, "EnableCapture": False}),
    "asynchronous with capture": config(AsyncInferenceConfig=ASYNC, DataCaptureConfig=CAPTURE),
    "in a VPC": config(variant("blue", "in-vpc"), variant("green", "isolated")),
}


@pytest.mark.parametrize("case", sorted(SOUND))
def test_anything_else_passes(models: ResourceStore, case: str) -> None:
    refuse_config(SOUND[case], models)
