"""Which image an endpoint runs, and how the slim one is built."""

import re
from collections.abc import Callable
from typing import Any

import pytest

Synthesize = Callable[..., Any]
MODEL = "AWS::SageMaker::Model"


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


@pytest.mark.parametrize(("environment", "warned"), [("prod", True), ("staging", True), ("dev", False)])
def test_synth_warns_that_the_ray_serve_container_has_no_bridge_yet(
    synthesize: Synthesize, environment: str, warned: bool
) -> None:
    annotations = synthesize(environment).annotations()
    assert ("slipway:ray-serve-bridge" in annotations) is warned
