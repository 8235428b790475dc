"""`container` in the settings: a name, an image or a Dockerfile, and what is said of a wrong one."""

import re
from pathlib import Path
from typing import Any

import pytest

from assets import checkout
from stacks.settings import CatalogueContainer, DockerfileContainer, ImageContainer
from stacks.settings.container import parse_container

REGISTRY = "111122223333.dkr.ecr.eu-central-1.amazonaws.com"
AWS_REGISTRY = "763104351884.dkr.ecr.eu-central-1.amazonaws.com"
REGION = "eu-central-1"
CUDA_TAG = "serve-ml-sagemaker-cuda-v1.4"


@pytest.fixture
def dockerfile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Dockerfile at docker/server/Dockerfile of a checkout."""
    monkeypatch.setattr(checkout, "ROOT", tmp_path)
    path = tmp_path / "docker" / "server" / "Dockerfile"
    path.parent.mkdir(parents=True)
    path.write_text("FROM python:3.12-slim\n")
    return path


def test_a_name_stands_for_itself() -> None:
    assert parse_container("slim") == CatalogueContainer(name="slim")
    assert parse_container({"name": "slim"}) == parse_container("slim")
    assert parse_container("ray-serve").software == "ray-serve"


def test_a_tag_is_pinned() -> None:
    container = parse_container({"name": "ray-serve", "tag": CUDA_TAG})
    assert isinstance(container, CatalogueContainer)
    assert container.cuda_on("ml.g5.xlarge") == "12.9"
    assert container.problem("ml.g5.xlarge", REGION) is None
    problem = str(container.problem("ml.c7i.large", REGION))
    assert "is for GPUs, and ml.c7i.large needs serve-ml-sagemaker-cpu-v1.4" in problem


@pytest.mark.parametrize(
    ("image", "software", "cuda"),
    [
        (f"{REGISTRY}/team/server:1.0", "slim", None),
        (f"{REGISTRY}/server@sha256:{'0' * 64}", "slim", None),
        (f"{AWS_REGISTRY}/ray:{CUDA_TAG}", "ray-serve", "12.9"),
        (f"{AWS_REGISTRY}/ray:of-tomorrow", "ray-serve", None),
        (f"{AWS_REGISTRY}/pytorch-inference:2.6.0-cpu-py312", "pytorch-inference", None),
    ],
)
def test_an_image_is_like_the_container_of_its_repository(image: str, software: str, cuda: str | None) -> None:
    container = parse_container({"image": image})
    assert isinstance(container, ImageContainer)
    assert (container.software, container.cuda) == (software, cuda)


def test_an_image_says_itself_what_it_is_like() -> None:
    container = parse_container({"image": f"{REGISTRY}/a:1", "software": "ray-serve", "cuda": "12.8"})
    assert (container.software, container.cuda_on("ml.g5.xlarge")) == ("ray-serve", "12.8")


@pytest.mark.parametrize("instance_type", [None, "ml.m5.large", "ml.g5.xlarge", "ml.c7g.large", "ml.inf2.xlarge"])
def test_an_image_runs_where_its_owner_says(instance_type: str | None) -> None:
    assert parse_container({"image": f"{REGISTRY}/a:1"}).problem(instance_type, REGION) is None


@pytest.mark.parametrize(
    ("setting", "instance_type", "fragments"),
    [
        ({}, "ml.m5.large", ("it is in eu-central-1", "own region, us-east-1", "replicate")),
        ({"cuda": "12.9"}, None, ("serverless hosting has no GPU",)),
    ],
)
def test_an_image_that_cannot_run_is_named(
    setting: dict[str, Any], instance_type: str | None, fragments: tuple[str, ...]
) -> None:
    container = parse_container({"image": f"{REGISTRY}/a:1", **setting})
    problem = str(container.problem(instance_type, "eu-central-1" if setting else "us-east-1"))
    assert all(fragment in problem for fragment in fragments)


def test_a_dockerfiles_context_is_its_own_folder(dockerfile: Path) -> None:
    container = parse_container({"dockerfile": "docker/server/Dockerfile"})
    assert isinstance(container, DockerfileContainer)
    assert (container.path, container.folder) == (dockerfile, dockerfile.parent)
    assert container.software == "slim"


def test_another_context_is_a_folder_above(dockerfile: Path) -> None:
    container = parse_container({"dockerfile": "docker/server/Dockerfile", "context": "docker"})
    assert isinstance(container, DockerfileContainer)
    assert container.folder == dockerfile.parent.parent


def test_what_slipway_builds_is_for_x86(dockerfile: Path) -> None:
    container = parse_container({"dockerfile": "docker/server/Dockerfile"})
    assert "no image that Slipway builds runs on ml.c7g.large" in str(container.problem("ml.c7g.large", REGION))
    assert container.problem("ml.g5.xlarge", REGION) is None
    assert container.problem(None, REGION) is None


@pytest.mark.parametrize(
    ("setting", "fragments"),
    [
        ("slin", ("'slin' is not allowed", "allowed: slim, ray-serve, pytorch-inference", "did you mean slim?")),
        (5, ("must be one of slim, ray-serve, pytorch-inference", "name, image and dockerfile, not 5")),
        ({"software": "slim"}, ("`key: value` lines with one of name, image and dockerfile",)),
        ({"name": "slim", "image": "x"}, ("not with name and image",)),
        ({"name": "ray-srve"}, ("name: 'ray-srve' is not allowed", "did you mean ray-serve?")),
        ({"name": "slim", "tag": "1"}, ("tag: slim is built for each endpoint",)),
        (
            {"name": "ray-serve", "tag": "serve-ml-sagemaker-cuda-v1.3"},
            ("tag: 'serve-ml-sagemaker-cuda-v1.3'", f"did you mean {CUDA_TAG}?", "as `image`"),
        ),
        ({"image": "nginx:1.29"}, ("image: 'nginx:1.29' is not in a private repository of Amazon ECR",)),
        ({"image": "public.ecr.aws/x/y:1"}, ("SageMaker pulls from no other registry", "`dockerfile`")),
        ({"image": f"{REGISTRY}/server"}, ("has no tag",)),
        ({"image": f"{REGISTRY}/a:1", "cuda": "12"}, ("cuda: '12' is no version of CUDA", '"12.9"')),
        ({"image": f"{REGISTRY}/a:1", "sofware": "slim"}, ("sofware: unknown key", "did you mean software?")),
        ({"dockerfile": "nowhere/Dockerfile"}, ("dockerfile: there is no file 'nowhere/Dockerfile'",)),
        ({"dockerfile": "docker/server/Dockerfile", "context": "x"}, ("context: there is no folder 'x'",)),
        (
            {"dockerfile": "docker/server/Dockerfile", "context": "other"},
            ("'docker/server/Dockerfile' is not in 'other'",),
        ),
        ({"image": "x", "contxt": "y"}, ("image: 'x' is not in", "contxt: unknown key")),
    ],
)
def test_a_wrong_container_is_said_with_its_key(
    dockerfile: Path, setting: Any, fragments: tuple[str, ...]
) -> None:
    (checkout.ROOT / "other").mkdir()
    with pytest.raises(ValueError, match=re.escape(fragments[0])) as refused:
        parse_container(setting)
    assert all(fragment in str(refused.value) for fragment in fragments), str(refused.value)
