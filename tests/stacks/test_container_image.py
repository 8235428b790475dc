"""Which image an endpoint runs, and how the slim one is built."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

Synthesize = Callable[..., Any]
MODEL = "AWS::SageMaker::Model"
PYTORCH = """
account: "123456789012"
region: eu-central-1
endpoints:
  linear:
    model: linear
    container: pytorch-inference
    hosting: {hosting}
"""


def test_gpu_endpoints_run_awss_container_and_build_nothing(synthesize: Synthesize) -> None:
    assembly = synthesize("prod")
    image = assembly.endpoint().only(MODEL)["PrimaryContainer"]["Image"]
    assert image == "763104351884.dkr.ecr.eu-central-1.amazonaws.com/ray:serve-ml-sagemaker-cuda-v1.4"
    assert not assembly.assets().get("dockerImages")


def test_the_slim_image_is_built_into_our_own_repository(synthesize: Synthesize) -> None:
    assembly = synthesize("dev")
    ((tag, asset),) = assembly.assets()["dockerImages"].items()
    (destination,) = asset["destinations"].values()
    assert (destination["repositoryName"], destination["imageTag"]) == ("slipway-dev", tag)
    image = assembly.endpoint().only(MODEL)["PrimaryContainer"]["Image"]
    assert image == f"111111111111.dkr.ecr.eu-central-1.amazonaws.com/slipway-dev:{tag}"
    assert "image-publishing-role" in destination["assumeRoleArn"]


def test_the_slim_image_is_for_amd64_with_docker_media_types(synthesize: Synthesize) -> None:
    (asset,) = synthesize("dev").assets()["dockerImages"].values()
    assert asset["source"]["platform"] == "linux/amd64"
    assert asset["source"]["dockerOutputs"] == ["type=docker,oci-mediatypes=false"]


def test_the_build_context_is_serving_without_caches(synthesize: Synthesize) -> None:
    assembly = synthesize("dev")
    (asset,) = assembly.assets()["dockerImages"].values()
    context = assembly.directory / asset["source"]["directory"]
    assert (context / "Dockerfile").is_file()
    assert not list(context.rglob("__pycache__"))
    assert not list(context.rglob("*.pyc"))


def test_the_dockerfile_has_no_user_line(synthesize: Synthesize) -> None:
    assembly = synthesize("dev")
    (asset,) = assembly.assets()["dockerImages"].values()
    dockerfile = (assembly.directory / asset["source"]["directory"] / "Dockerfile").read_text()
    assert not re.search(r"^\s*USER\b", dockerfile, re.MULTILINE | re.IGNORECASE)


def test_the_bridge_to_ray_serve_is_not_in_the_slim_image(synthesize: Synthesize) -> None:
    assembly = synthesize("dev")
    (asset,) = assembly.assets()["dockerImages"].values()
    assert not (assembly.directory / asset["source"]["directory"] / "ray").exists()


@pytest.mark.parametrize("environment", ["prod", "staging", "dev"])
def test_supported_containers_are_used_without_a_warning(synthesize: Synthesize, environment: str) -> None:
    assert "aws:cdk:warning" not in synthesize(environment).annotations()


@pytest.mark.parametrize(
    ("hosting", "tag", "variables"),
    [
        (
            "{type: serverless}",
            "2.6.0-cpu-py312",
            {"SAGEMAKER_TS_RESPONSE_TIMEOUT": "60", "SAGEMAKER_MODEL_SERVER_WORKERS": "1"},
        ),
        (
            "{type: real-time, instance_type: ml.c7i.large}",
            "2.6.0-cpu-py312",
            {"SAGEMAKER_TS_RESPONSE_TIMEOUT": "60", "SAGEMAKER_MODEL_SERVER_WORKERS": "1"},
        ),
        (
            "{type: real-time, instance_type: ml.g5.xlarge}",
            "2.6.0-gpu-py312",
            {"SAGEMAKER_TS_RESPONSE_TIMEOUT": "60"},  # a worker for each GPU
        ),
    ],
)
def test_awss_pytorch_container_runs_where_slim_and_ray_serve_do_with_a_warning(
    synthesize: Synthesize, hosting: str, tag: str, variables: dict[str, str]
) -> None:
    assembly = synthesize(text=PYTORCH.format(hosting=hosting))
    container = assembly.endpoint().only(MODEL)["PrimaryContainer"]

    assert container["Image"] == f"763104351884.dkr.ecr.eu-central-1.amazonaws.com/pytorch-inference:{tag}"
    assert container["Environment"] == {**variables, "SAGEMAKER_PROGRAM": "inference.py"}
    assert not assembly.assets().get("dockerImages")
    assert "repository/pytorch-inference" in json.dumps(assembly.endpoint().content)
    warnings = assembly.annotations()
    assert "slipway:pytorch-inference-out-of-support" in warnings
    assert "2026-06-30" in warnings
    assert "container: slim" in warnings
