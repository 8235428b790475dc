"""The catalogues of containers and instance types, held against AWS's own data."""

from datetime import date

import botocore.session
import pytest
from sagemaker.core import image_uris

from assets.container_catalogue import containers, own_container
from stacks.container_fit import container_problem, cuda_problem, support_warning
from stacks.containers import CONTAINER_NAMES, aws_image, build_for, default_container, dlc_accounts
from stacks.instance_types import (
    family,
    has_gpu,
    has_other_accelerator,
    inference_ami_version,
    is_arm,
    known_instance_types,
    newest_cuda,
)

ISOLATED = ("us-iso", "eu-iso", "eusc-")
LAST_DAY = date(2026, 6, 30)


@pytest.mark.parametrize("region", sorted(dlc_accounts()))
@pytest.mark.parametrize("instance_type", ["ml.g5.xlarge", "ml.c7i.large"])
def test_the_ray_serve_image_is_the_one_that_the_sdk_knows(region: str, instance_type: str) -> None:
    known = image_uris.retrieve("ray-serve", region=region, version="1.4", instance_type=instance_type)
    assert aws_image("ray-serve", region=region, instance_type=instance_type) == known


@pytest.mark.parametrize("region", sorted(dlc_accounts()))
@pytest.mark.parametrize("instance_type", ["ml.g5.xlarge", "ml.c7i.large"])
def test_the_pytorch_image_is_the_one_that_the_sdk_knows(region: str, instance_type: str) -> None:
    known = image_uris.retrieve(
        "pytorch",
        region=region,
        version="2.6.0",
        py_version="py312",
        instance_type=instance_type,
        image_scope="inference",
    )
    assert aws_image("pytorch-inference", region=region, instance_type=instance_type) == known


@pytest.mark.parametrize(("instance_type", "tag"), [("ml.g5.xlarge", "cuda-v1"), ("ml.c7i.large", "cpu-v1")])
def test_the_tag_that_moves_is_the_one_that_the_sdk_knows(instance_type: str, tag: str) -> None:
    known = image_uris.retrieve("ray-serve", region="eu-west-1", version="1", instance_type=instance_type)
    pinned = aws_image("ray-serve", region="eu-west-1", instance_type=None, tag=f"serve-ml-sagemaker-{tag}")
    assert pinned == known
    assert build_for("ray-serve", instance_type=None, tag=f"serve-ml-sagemaker-{tag}").moves


def test_no_region_outside_of_the_isolated_ones_is_missing() -> None:
    config = image_uris.config_for_framework("ray-serve")["versions"]["1.4"]["registries"]
    assert {region for region in config if not region.startswith(ISOLATED)} == set(dlc_accounts())


def test_the_sdk_knows_no_newer_pytorch_container() -> None:
    versions = image_uris.config_for_framework("pytorch")["inference"]["versions"]
    newest = max(versions, key=lambda version: tuple(map(int, version.split("."))))
    assert {build.tag.split("-")[0] for build in containers()["pytorch-inference"].builds} == {newest}


def test_every_container_has_a_build_for_each_hardware() -> None:
    for name in CONTAINER_NAMES:
        assert build_for(name, instance_type="ml.g5.xlarge").cuda
        assert build_for(name, instance_type="ml.c7i.large").cuda is None
        assert not build_for(name, instance_type=None).moves


def test_what_an_endpoint_gets_that_names_no_container() -> None:
    assert default_container(None) == "slim"
    assert default_container("ml.c7i.large") == "slim"
    assert default_container("ml.g5.xlarge") == "ray-serve"


def test_pytorchs_index_is_named_after_the_cuda_of_the_slim_build() -> None:
    for build in own_container().builds:
        expected = f"cu{build.cuda.replace('.', '')}" if build.cuda else "cpu"
        assert str(build.torch_index).endswith(f"/whl/{expected}")


@pytest.mark.parametrize("instance_type", [None, "ml.g5.xlarge", "ml.c7i.large"])
@pytest.mark.parametrize("container", ["slim", "pytorch-inference"])
def test_these_run_on_cpus_gpus_and_serverless(container: str, instance_type: str | None) -> None:
    assert container_problem(container, instance_type=instance_type) is None


@pytest.mark.parametrize(
    "instance_type", ["ml.g7e.2xlarge", "ml.p6-b200.48xlarge", "ml.p5.48xlarge", "ml.p3.2xlarge"]
)
def test_ray_serve_runs_on_the_newest_gpus_too(instance_type: str) -> None:
    assert container_problem("ray-serve", instance_type=instance_type) is None


@pytest.mark.parametrize(
    ("container", "instance_type", "fragment"),
    [
        ("ray-serve", None, "does not fit serverless"),
        ("slim", "ml.p3.2xlarge", "slim has CUDA 13.0"),
        ("ray-serve", "ml.p2.xlarge", "too old for more than CUDA 11"),
        ("slim", "ml.c7g.large", "no container runs on ml.c7g.large"),
        ("slim", "ml.p6e-gb200.36xlarge", "no container runs"),
        ("ray-serve", "ml.inf2.xlarge", "no container runs"),
    ],
)
def test_what_cannot_run_is_said_with_what_to_choose(
    container: str, instance_type: str | None, fragment: str
) -> None:
    problem = str(container_problem(container, instance_type=instance_type))
    assert fragment in problem
    assert "choose" in problem


def test_an_image_for_gpus_needs_one() -> None:
    assert "ml.m5.large has no GPU" in str(cuda_problem("the image", "12.9", instance_type="ml.m5.large"))
    assert "serverless hosting has no GPU" in str(cuda_problem("the image", "12.9", instance_type=None))
    assert cuda_problem("the image", None, instance_type=None) is None


def test_support_ends_after_its_last_day() -> None:
    for instance_type in (None, "ml.g5.xlarge"):
        assert support_warning("pytorch-inference", instance_type=instance_type, today=LAST_DAY) is None
    warning = support_warning("pytorch-inference", instance_type="ml.g5.xlarge", today=date(2026, 7, 1))
    assert "until 2026-06-30" in str(warning)
    assert str(warning).endswith("choose `container: slim` or `container: ray-serve`")


def test_no_unsupported_alternative_is_offered_nor_one_that_does_not_run_there() -> None:
    warning = support_warning("pytorch-inference", instance_type=None, today=date(2026, 7, 1))
    assert str(warning).endswith("choose `container: slim`")
    problem = container_problem("ray-serve", instance_type=None, today=date(2026, 7, 1))
    assert str(problem).endswith("choose slim")
    problem = container_problem("ray-serve", instance_type=None, today=LAST_DAY)
    assert str(problem).endswith("choose slim or pytorch-inference")


@pytest.mark.parametrize("name", ["slim", "ray-serve"])
def test_what_is_patched_brings_no_warning(name: str) -> None:
    assert support_warning(name, instance_type="ml.g5.xlarge", today=date(2030, 1, 1)) is None


def test_the_instance_types_are_the_api_models() -> None:
    shape = (
        botocore.session.get_session().get_service_model("sagemaker").shape_for("ProductionVariantInstanceType")
    )
    assert sorted(known_instance_types()) == sorted(shape.enum)


def test_every_family_is_of_one_kind() -> None:
    graviton = {"c6g", "c6gd", "c6gn", "c7g", "c8g", "m6g", "m6gd", "m8g", "r6g", "r6gd", "r7gd", "r8g"}
    for instance_type in known_instance_types():
        assert not (has_gpu(instance_type) and has_other_accelerator(instance_type))
        assert has_gpu(instance_type) == (family(instance_type)[0] in "gp")
        assert is_arm(instance_type) == (family(instance_type) in graviton | {"p6e-gb200"})
        assert has_other_accelerator(instance_type) == family(instance_type).startswith(("inf", "trn", "dl"))
        assert newest_cuda(instance_type) is None or has_gpu(instance_type)


class TestInferenceAmiVersion:
    """Which machine image runs which CUDA."""

    @pytest.mark.parametrize("cuda", ["11.8", "12.4", "12.9", "13.0", None])
    def test_they_are_the_api_models(self, cuda: str | None) -> None:
        model = botocore.session.get_session().get_service_model("sagemaker")
        known = set(model.shape_for("ProductionVariantInferenceAmiVersion").enum)
        chosen = {inference_ami_version(instance_type, cuda) for instance_type in known_instance_types()}
        assert chosen - {None} <= known

    @pytest.mark.parametrize(
        ("instance_type", "cuda", "generation"),
        [
            ("ml.g4dn.xlarge", "12.9", "al2-ami-sagemaker-inference-gpu-3-1"),
            ("ml.g5.xlarge", "12.4", "al2-ami-sagemaker-inference-gpu-3-1"),
            ("ml.p4d.24xlarge", "12.0", "al2-ami-sagemaker-inference-gpu-3-1"),
            ("ml.p5.48xlarge", "12.9", "al2-ami-sagemaker-inference-gpu-3-1"),
            ("ml.g5.xlarge", "13.0", "al2023-ami-sagemaker-inference-gpu-4-1"),
            ("ml.g5.xlarge", "13.2", "al2023-ami-sagemaker-inference-gpu-4-1"),
            ("ml.g7e.2xlarge", "12.9", "al2023-ami-sagemaker-inference-gpu-4-1"),
            ("ml.p6-b200.48xlarge", "12.9", "al2023-ami-sagemaker-inference-gpu-4-1"),
            ("ml.g5.xlarge", None, "al2023-ami-sagemaker-inference-gpu-4-1"),
            ("ml.p3.2xlarge", None, "al2-ami-sagemaker-inference-gpu-3-1"),
            ("ml.p2.xlarge", None, None),
            ("ml.g5.xlarge", "11.8", None),
            ("ml.c7i.large", "12.9", None),
        ],
    )
    def test_the_containers_cuda_and_the_gpu_decide(
        self, instance_type: str, cuda: str | None, generation: str | None
    ) -> None:
        assert inference_ami_version(instance_type, cuda) == generation
