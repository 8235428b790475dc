"""The catalogues of containers and instance types, held against AWS's own data."""

import botocore.session
import pytest
from sagemaker.core import image_uris

from stacks.containers import container_problem, dlc_accounts, pytorch_image, ray_serve_image
from stacks.instance_types import (
    family,
    has_gpu,
    has_other_accelerator,
    inference_ami_version,
    is_arm,
    known_instance_types,
)


@pytest.mark.parametrize("region", sorted(dlc_accounts()))
@pytest.mark.parametrize("instance_type", ["ml.g5.xlarge", "ml.c7i.large"])
def test_the_ray_serve_image_is_the_one_that_the_sdk_knows(region: str, instance_type: str) -> None:
    known = image_uris.retrieve("ray-serve", region=region, version="1.4", instance_type=instance_type)
    assert ray_serve_image(region, instance_type) == known


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
    assert pytorch_image(region, instance_type) == known


@pytest.mark.parametrize("instance_type", [None, "ml.g5.xlarge", "ml.c7i.large"])
def test_awss_pytorch_container_runs_on_cpus_gpus_and_serverless(instance_type: str | None) -> None:
    assert container_problem("pytorch-inference", instance_type=instance_type) is None


def test_the_instance_types_are_the_api_models() -> None:
    shape = (
        botocore.session.get_session().get_service_model("sagemaker").shape_for("ProductionVariantInstanceType")
    )
    assert sorted(known_instance_types()) == sorted(shape.enum)


def test_the_machine_images_are_the_api_models() -> None:
    shape = (
        botocore.session.get_session()
        .get_service_model("sagemaker")
        .shape_for("ProductionVariantInferenceAmiVersion")
    )
    assert {inference_ami_version(instance_type) for instance_type in known_instance_types()} <= set(shape.enum)


def test_every_family_is_of_one_kind() -> None:
    graviton = {"c6g", "c6gd", "c6gn", "c7g", "c8g", "m6g", "m6gd", "m8g", "r6g", "r6gd", "r7gd", "r8g"}
    for instance_type in known_instance_types():
        assert not (has_gpu(instance_type) and has_other_accelerator(instance_type))
        assert has_gpu(instance_type) == (family(instance_type)[0] in "gp")
        assert is_arm(instance_type) == (family(instance_type) in graviton | {"p6e-gb200"})
        assert has_other_accelerator(instance_type) == family(instance_type).startswith(("inf", "trn", "dl"))


@pytest.mark.parametrize(
    ("instance_type", "generation"),
    [("ml.g4dn.xlarge", "gpu-3-1"), ("ml.p5.48xlarge", "gpu-3-1"), ("ml.g7e.2xlarge", "gpu-4-1")],
)
def test_blackwell_gets_the_newer_driver(instance_type: str, generation: str) -> None:
    assert inference_ami_version(instance_type).endswith(generation)
