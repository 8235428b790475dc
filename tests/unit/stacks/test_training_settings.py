"""`training`: what it allows, and the container, held against AWS's own data."""

from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from sagemaker.core import image_uris

from stacks.containers import dlc_accounts
from stacks.training_container import REPOSITORY, training_image, training_instance_types

Messages = Callable[[Any], list[str]]


def settings(**training: Any) -> dict[str, Any]:
    return {"account": "123456789012", "region": "eu-central-1", "endpoints": {}, "training": training}


@pytest.mark.parametrize(("instance_type", "processor"), [("ml.g5.xlarge", "gpu"), ("ml.c7i.large", "cpu")])
def test_the_training_image_is_the_one_that_the_sdk_knows(instance_type: str, processor: str) -> None:
    known = image_uris.config_for_framework("pytorch-amzn2023")["training"]["versions"]["2.13"]
    for region in dlc_accounts():
        image = training_image(region, instance_type)
        assert image.startswith(f"{known['registries'][region]}.dkr.ecr.{region}.amazonaws.com")
        assert image.endswith(f"/{REPOSITORY}:2.13-{known['container_version'][processor]}")
    assert known["repository"] == REPOSITORY


def test_the_instance_types_are_those_of_the_api() -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")
    assert list(training_instance_types()) == sorted(model.shape_for("TrainingInstanceType").enum)


def test_an_instance_type_is_enough(messages: Messages) -> None:
    assert messages(settings(instance_type="ml.c7i.2xlarge")) == []


@pytest.mark.parametrize(
    ("training", "message"),
    [
        ({}, "instance_type: is missing"),
        (
            {"instance_type": "ml.c7i.2xlage"},
            "instance_type: 'ml.c7i.2xlage' is no instance type that SageMaker trains on; did you mean",
        ),
        (
            {"instance_type": "ml.trn1.2xlarge"},
            "instance_type: ml.trn1.2xlarge is not for AWS's PyTorch training container, which takes x86-64",
        ),
        (
            {"instance_type": "ml.c7i.2xlarge", "instance_count": 0},
            "instance_count: 0 is not allowed; allowed: 1 to 100; did you mean 1?",
        ),
        (
            {"instance_type": "ml.c7i.2xlarge", "max_runtime_in_seconds": 5},
            "max_runtime_in_seconds: 5 is not allowed; allowed: 60 to 2419200; did you mean 60?",
        ),
    ],
    ids=["no-type", "misspelt", "trainium", "none", "too-short"],
)
def test_a_mistake_is_named(messages: Messages, training: dict[str, Any], message: str) -> None:
    (found,) = messages(settings(**training))
    assert found.startswith(f"dev.yaml: training.{message}")


def test_no_endpoint_takes_the_name_of_the_training_stack(messages: Messages) -> None:
    document = settings(instance_type="ml.c7i.2xlarge")
    document["endpoints"] = {"training": {"model": "linear", "hosting": {"type": "serverless"}}}
    (message,) = messages(document)
    assert "the name 'training' is taken by the stack of the training role; choose another" in message
