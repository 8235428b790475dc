"""Which server software an image means on this machine."""

import sys
from pathlib import Path

import pytest

from local_aws.sagemaker.software.choice import software_of

_DLC = "763104351884.dkr.ecr.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("image", "module"),
    [
        (f"{_DLC}/ray:serve-ml-sagemaker-cpu-v1.4", "local_aws.sagemaker.software.ray_serve"),
        (f"{_DLC}/ray@sha256:{'0' * 64}", "local_aws.sagemaker.software.ray_serve"),
        (f"{_DLC}/pytorch-inference:2.6.0-cpu-py312", "serving"),
        ("000000000000.dkr.ecr.us-east-1.amazonaws.com/slipway-local:abc", "serving"),
        ("000000000000.dkr.ecr.us-east-1.amazonaws.com/array:abc", "serving"),
        ("", "serving"),
    ],
)
def test_every_image_has_a_server(image: str, module: str) -> None:
    command = software_of(image).command(Path("/model"), Path("/packages"), "127.0.0.1", 8080)

    assert command[: command.index(module) + 1][-2:] == ["-m", module]
    assert command[0] == sys.executable
    assert command[-4:] == ["--host", "127.0.0.1", "--port", "8080"]


@pytest.mark.parametrize(
    ("image", "noted"),
    [
        (f"{_DLC}/pytorch-inference:2.6.0-cpu-py312", True),
        (f"{_DLC}/ray:serve-ml-sagemaker-cpu-v1.4", False),
        ("000000000000.dkr.ecr.us-east-1.amazonaws.com/slipway-local:abc", False),
    ],
)
def test_it_is_said_when_another_server_stands_in(image: str, noted: bool) -> None:
    note = software_of(image).note

    assert (note is not None) == noted
    assert not noted or image in str(note)
