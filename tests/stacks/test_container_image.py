"""Which image an endpoint runs, and how the slim one is built."""

import json
import re
from collections.abc import Callable
from pathlib import Path
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
def test_awss_pytorch_container_runs_where_slim_and_ray_serve_do_with_one_warning(
    synthesize: Synthesize, hosting: str, tag: str, variables: dict[str, str]
) -> None:
    assembly = synthesize(text=PYTORCH.format(hosting=hosting))
    container = assembly.endpoint().only(MODEL)["PrimaryContainer"]

    assert container["Image"] == f"763104351884.dkr.ecr.eu-central-1.amazonaws.com/pytorch-inference:{tag}"
    assert container["Environment"] == {**variables, "SAGEMAKER_PROGRAM": "inference.py"}
    assert not assembly.assets().get("dockerImages")
    assert "repository/pytorch-inference" in json.dumps(assembly.endpoint().content)
    assert "out-of-support" not in assembly.annotations()
    report = (assembly.directory / "validation-report.json").read_text()
    assert report.count("end-of-patch") == 1
    assert "2026-06-30" in report


@pytest.mark.parametrize(
    "image",
    [
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312",
        f"763104351884.dkr.ecr.eu-central-1.amazonaws.com/pytorch-inference@sha256:{'0' * 64}",
    ],
    ids=["a copy", "by digest"],
)
def test_what_the_rules_cannot_tell_is_out_of_support_has_the_warning(
    synthesize: Callable[..., Any], image: str
) -> None:
    text = PYTORCH.format(hosting="{type: serverless}").replace(
        "container: pytorch-inference", f"container: {{image: {image}}}"
    )
    warnings = synthesize(text=text).annotations()
    assert "slipway:pytorch-inference-out-of-support" in warnings
    assert "2026-06-30" in warnings
    assert "container: slim" in warnings


OWN = """
account: "123456789012"
region: eu-central-1
endpoints:
  linear:
    model: linear
    container: {container}
    hosting: {hosting}
"""
GPU = "{type: real-time, instance_type: ml.g5.xlarge}"
CPU = "{type: real-time, instance_type: ml.c7i.large}"
SERVERLESS = "{type: serverless}"
AMI = "al2023-ami-sagemaker-inference-gpu-4-1"


def own(container: str, hosting: str) -> str:
    return OWN.replace("{container}", container).replace("{hosting}", hosting)


@pytest.fixture
def dockerfile(tmp_path: Path) -> Path:
    """A Dockerfile with a context, of which .dockerignore leaves one folder out."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "today.md").write_text("today")
    (tmp_path / ".dockerignore").write_text("notes\n")
    (tmp_path / "server.py").write_text("port = 8080\n")
    path = tmp_path / "Dockerfile"
    path.write_text("FROM python:3.12-slim\nCOPY server.py /server.py\n")
    return path


def built(assembly: Any) -> tuple[str, dict[str, Any]]:
    """The tag and the source of the one image that is built."""
    ((tag, asset),) = assembly.assets()["dockerImages"].items()
    source: dict[str, Any] = asset["source"]
    return tag, source


def test_slim_on_a_gpu_is_built_with_cuda(synthesize: Synthesize) -> None:
    on_gpu, on_cpu = synthesize(text=own("slim", GPU)), synthesize(text=own("slim", CPU))
    (gpu_tag, gpu), (cpu_tag, cpu) = built(on_gpu), built(on_cpu)
    assert gpu["dockerBuildArgs"] == {"TORCH_INDEX_URL": "https://download.pytorch.org/whl/cu130"}
    assert "dockerBuildArgs" not in cpu
    assert gpu_tag != cpu_tag
    (variant,) = on_gpu.endpoint().only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert variant["InferenceAmiVersion"] == AMI
    (variant,) = on_cpu.endpoint().only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert "InferenceAmiVersion" not in variant


@pytest.mark.parametrize("hosting", [SERVERLESS, CPU, GPU])
def test_ones_own_dockerfile_is_built_into_the_environments_repository(
    synthesize: Synthesize, dockerfile: Path, hosting: str
) -> None:
    assembly = synthesize(text=own(f"{{dockerfile: {dockerfile}}}", hosting))
    tag, source = built(assembly)
    context = assembly.directory / source["directory"]
    assert sorted(path.name for path in context.rglob("*")) == [".dockerignore", "Dockerfile", "server.py"]
    assert (source["platform"], source["dockerOutputs"]) == ("linux/amd64", ["type=docker,oci-mediatypes=false"])
    image = assembly.endpoint().only(MODEL)["PrimaryContainer"]["Image"]
    assert image == f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/slipway-made:{tag}"
    assert "repository/slipway-made" in json.dumps(assembly.endpoint().of_type("AWS::IAM::Policy"))
    variant = assembly.endpoint().only("AWS::SageMaker::EndpointConfig")["ProductionVariants"][0]
    assert variant.get("InferenceAmiVersion") == (AMI if hosting == GPU else None)


def test_only_what_is_built_in_changes_the_images_tag(synthesize: Synthesize, dockerfile: Path) -> None:
    def tag(comment: str) -> str:
        return built(synthesize(text=own(f"{{dockerfile: {dockerfile}}}", CPU) + f"# {comment}"))[0]

    first = tag("first")
    (dockerfile.parent / "notes" / "today.md").write_text("tomorrow")
    assert tag("what .dockerignore leaves out") == first
    (dockerfile.parent / "server.py").write_text("port = 8081\n")
    second = tag("another file")
    assert second != first
    dockerfile.write_text(dockerfile.read_text() + "EXPOSE 8081\n")
    assert tag("another Dockerfile") not in {first, second}


def test_the_context_may_be_a_folder_above(synthesize: Synthesize, dockerfile: Path) -> None:
    folder = dockerfile.parent / "docker"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM python:3.12-slim\n")
    setting = f"{{dockerfile: {folder / 'Dockerfile'}, context: {dockerfile.parent}, cuda: '12.4'}}"
    assembly = synthesize(text=own(setting, GPU))
    _, source = built(assembly)
    assert source["dockerFile"] == "docker/Dockerfile"
    variant = assembly.endpoint().only("AWS::SageMaker::EndpointConfig")["ProductionVariants"][0]
    assert variant["InferenceAmiVersion"] == "al2-ami-sagemaker-inference-gpu-3-1"


def test_an_image_of_another_account_is_pulled_from_exactly_its_repository(synthesize: Synthesize) -> None:
    uri = "444455556666.dkr.ecr.eu-central-1.amazonaws.com/team/server:1.0"
    assembly = synthesize(text=own(f"{{image: '{uri}'}}", SERVERLESS))
    assert assembly.endpoint().only(MODEL)["PrimaryContainer"]["Image"] == uri
    assert not assembly.assets().get("dockerImages")
    statements = assembly.endpoint().only("AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    (pull,) = [statement for statement in statements if statement["Sid"] == "PullImage"]
    assert pull["Resource"] == "arn:aws:ecr:eu-central-1:444455556666:repository/team/server"


def test_a_pinned_tag_is_deployed(synthesize: Synthesize) -> None:
    tag = "serve-ml-sagemaker-cuda-v1"
    assembly = synthesize(text=own(f"{{name: ray-serve, tag: {tag}}}", GPU))
    image = assembly.endpoint().only(MODEL)["PrimaryContainer"]["Image"]
    assert image == f"763104351884.dkr.ecr.eu-central-1.amazonaws.com/ray:{tag}"


def test_an_image_that_is_like_awss_pytorch_container_is_told_what_that_is(synthesize: Synthesize) -> None:
    uri = "444455556666.dkr.ecr.eu-central-1.amazonaws.com/server:1.0"
    assembly = synthesize(text=own(f"{{image: '{uri}', software: pytorch-inference}}", SERVERLESS))
    variables = assembly.endpoint().only(MODEL)["PrimaryContainer"]["Environment"]
    assert variables["SAGEMAKER_PROGRAM"] == "inference.py"
