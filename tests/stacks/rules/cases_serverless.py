"""Serverless, asynchronous and shadow variants."""

from .cases import Broken, Deployment
from .deployments import (
    ASYNC,
    PYTORCH_CPU,
    PYTORCH_GPU,
    SERVERLESS,
    VPC,
    Config,
    Model,
    capture,
    model_data,
    serverless,
)

_MODEL_VPC = {"vpc_config": Model.VpcConfigProperty(**VPC)}


def _async(**output: str) -> Deployment:
    return {
        "config": {
            "async_inference_config": Config.AsyncInferenceConfigProperty(
                output_config=Config.AsyncInferenceOutputConfigProperty(**output)
            )
        }
    }


def _async_concurrency(most: float) -> Deployment:
    return {
        "config": {
            "async_inference_config": Config.AsyncInferenceConfigProperty(
                output_config=Config.AsyncInferenceOutputConfigProperty(s3_output_path="s3://results/async"),
                client_config=Config.AsyncInferenceClientConfigProperty(
                    max_concurrent_invocations_per_instance=most
                ),
            )
        }
    }


VALID: dict[str, dict[str, Deployment]] = {
    "serverless": {
        "serverless-smallest": {"variants": [serverless(1024, 1, 1)]},
        "serverless-largest": {"variants": [serverless(6144, 200, 200)]},
        "serverless-at-its-limits": {
            "variants": [SERVERLESS | {"container_startup_health_check_timeout_in_seconds": 180}],
            "container": {"environment": {"SAGEMAKER_TS_RESPONSE_TIMEOUT": "60"}},
        },
    },
    "serverless_exclusions": {
        "serverless-capture-off": {
            "variants": [SERVERLESS],
            "config": {"data_capture_config": capture(enabled=False)},
        },
        "serverless-not-isolated": {"variants": [SERVERLESS], "model": {"enable_network_isolation": False}},
        "serverless-one-of-containers": {
            "variants": [SERVERLESS],
            "container": {"mode": "SingleModel", "environment": {"SAGEMAKER_TS_RESPONSE_TIMEOUT": "60"}},
        },
    },
    "asynchronous": {
        "async": {"config": {"async_inference_config": ASYNC}},
        "async-gpu": {
            "config": {"async_inference_config": ASYNC},
            "variants": [{"instance_type": "ml.g6e.xlarge"}],
        },
        "async-concurrency-most": _async_concurrency(1000),
        "async-https": _async(s3_output_path="https://results.s3.eu-central-1.amazonaws.com/async"),
    },
    "shadow": {
        "shadow": {"shadow": [{}]},
        "shadow-on-gpu": {
            "shadow": [{"instance_type": "ml.g5.xlarge"}],
            "variants": [{"instance_type": "ml.g7e.2xlarge"}],
        },
        "shadow-sampled": {
            "shadow": [{"initial_variant_weight": 0.5}],
            "config": {"data_capture_config": capture()},
        },
    },
}

BROKEN: dict[str, Broken] = {
    "serverless-memory": Broken("serverless-memory", "Choose 2048", {"variants": [serverless(2000)]}),
    "serverless-memory-large": Broken("serverless-memory", "Choose 6144", {"variants": [serverless(8192)]}),
    "serverless-concurrency": Broken("serverless-concurrency", "1 to 200", {"variants": [serverless(most=201)]}),
    "serverless-concurrency-none": Broken(
        "serverless-concurrency", "1 to 200", {"variants": [serverless(most=0)]}
    ),
    "serverless-provisioned": Broken(
        "serverless-provisioned", "1 to 5", {"variants": [serverless(most=5, provisioned=6)]}
    ),
    "serverless-provisioned-none": Broken(
        "serverless-provisioned", "1 to 200", {"variants": [serverless(provisioned=0)]}
    ),
    "serverless-alone": Broken(
        "serverless-alone", "of its own", {"variants": [SERVERLESS, {"variant_name": "B"}]}
    ),
    "serverless-async": Broken(
        "serverless-async", "on instances", {"variants": [SERVERLESS], "config": {"async_inference_config": ASYNC}}
    ),
    "serverless-gpu": Broken(
        "serverless-gpu",
        "CPU image",
        {"variants": [SERVERLESS], "container": {"image": PYTORCH_GPU}},
        also=("end-of-patch",),
    ),
    "serverless-vpc": Broken("serverless-vpc", "on instances", {"variants": [SERVERLESS], "model": _MODEL_VPC}),
    "serverless-vpc-of-config": Broken(
        "serverless-vpc",
        "on instances",
        {"variants": [SERVERLESS], "config": {"vpc_config": Config.VpcConfigProperty(**VPC)}},
    ),
    "serverless-isolation": Broken(
        "serverless-isolation",
        "on instances",
        {"variants": [SERVERLESS], "model": {"enable_network_isolation": True}},
    ),
    "serverless-capture": Broken(
        "serverless-capture",
        "on instances",
        {"variants": [SERVERLESS], "config": {"data_capture_config": capture()}},
    ),
    "serverless-multi-model": Broken(
        "serverless-multi-model", "on instances", {"variants": [SERVERLESS], "container": {"mode": "MultiModel"}}
    ),
    "serverless-pipeline": Broken(
        "serverless-pipeline", "one container", {"variants": [SERVERLESS], "containers": 2}
    ),
    "serverless-private-registry": Broken(
        "serverless-private-registry",
        "Amazon ECR",
        {
            "variants": [SERVERLESS],
            "container": {"image_config": Model.ImageConfigProperty(repository_access_mode="Vpc")},
        },
    ),
    "serverless-model-data-source": Broken(
        "serverless-model-data-source",
        "ModelDataUrl",
        {"variants": [SERVERLESS], "container": {"model_data_url": None, "model_data_source": model_data()}},
    ),
    "serverless-limits-start": Broken(
        "serverless-limits",
        "these limits",
        {"variants": [SERVERLESS | {"container_startup_health_check_timeout_in_seconds": 600}]},
    ),
    "serverless-limits-response": Broken(
        "serverless-limits",
        "TS_RESPONSE_TIMEOUT to 60",
        {
            "variants": [SERVERLESS],
            "container": {"image": PYTORCH_CPU, "environment": {"SAGEMAKER_TS_RESPONSE_TIMEOUT": "300"}},
        },
        also=("end-of-patch",),
    ),
    "async-output": Broken("async-output", "s3://bucket/prefix", _async(s3_failure_path="s3://results/failures")),
    "async-output-scheme": Broken("async-output", "s3://bucket/prefix", _async(s3_output_path="results/async")),
    "async-concurrency": Broken("async-concurrency", "1 to 1000", _async_concurrency(1001)),
    "shadow-async": Broken(
        "shadow-real-time", "real-time", {"shadow": [{}], "config": {"async_inference_config": ASYNC}}
    ),
    "shadow-serverless": Broken("shadow-real-time", "real-time", {"shadow": [SERVERLESS]}),
    "shadow-two": Broken("shadow-one-each", "one shadow", {"shadow": [{}, {"variant_name": "Shadow2"}]}),
    "shadow-inf1": Broken(
        "shadow-exclusions", "real-time", {"shadow": [{}], "variants": [{"instance_type": "ml.inf1.xlarge"}]}
    ),
    "shadow-pipeline": Broken("shadow-exclusions", "real-time", {"shadow": [{}], "containers": 2}),
}
