"""The variables that turn any client to the local AWS."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import boto3
import pytest

from local_aws.client_environment import IMAGES_VARIABLE, client_environment, without_aws_settings

URL = "http://127.0.0.1:5999"


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return client_environment(URL, "123456789012", "eu-central-1", tmp_path)


@pytest.fixture
def applied(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the variables, and clear what would turn a client elsewhere."""
    for name in os.environ.keys() - without_aws_settings(os.environ).keys():
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("applied")
@pytest.mark.parametrize("service", ["s3", "ssm", "sagemaker", "sagemaker-runtime", "cloudformation"])
def test_boto3_goes_to_the_local_aws(service: str) -> None:
    session = boto3.session.Session()
    client = session.client(service)

    assert client.meta.endpoint_url == URL
    assert client.meta.region_name == "eu-central-1"
    # The local AWS takes an access key of 12 digits for the account.
    assert session.get_credentials().access_key == "123456789012"


def test_the_users_files_and_profiles_stay_out(variables: dict[str, str]) -> None:
    assert variables["AWS_CONFIG_FILE"] == variables["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    settings = {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL_SSM", "HOME"}
    assert without_aws_settings(dict.fromkeys(settings, "x")).keys() == {"HOME"}


def test_images_are_built_by_the_stand_in_for_docker(variables: dict[str, str], tmp_path: Path) -> None:
    builder = Path(variables["CDK_DOCKER"])

    assert builder.name == "slipway-image-builder"
    assert os.access(builder, os.X_OK)
    assert variables[IMAGES_VARIABLE] == str(tmp_path)


def test_the_checkouts_own_tools_come_first(variables: dict[str, str]) -> None:
    path = variables["PATH"].split(os.pathsep)

    assert all((Path(path[0]) / tool).exists() for tool in ("python", "node", "cdk", "slipway"))
    assert path[1:] == os.environ["PATH"].split(os.pathsep)


def test_node_is_the_program_itself(variables: dict[str, str]) -> None:
    """The wheel's own `node` is a Python script that starts the program; Ctrl-C shows its traceback."""
    node = shutil.which("node", path=variables["PATH"])

    assert node is not None
    with Path(node).open("rb") as program:
        assert program.read(2) != b"#!"
    printed = subprocess.run([node, "-p", "process.execPath"], capture_output=True, text=True, check=True).stdout
    assert Path(printed.strip()).resolve() == Path(node).resolve()


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_the_local_aws_is_not_looked_for_behind_a_proxy(variables: dict[str, str], name: str) -> None:
    assert {"127.0.0.1", "localhost"} <= set(variables[name].split(","))


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_the_users_own_exceptions_from_a_proxy_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "intranet.example")

    variables = client_environment(URL, "123456789012", "eu-central-1", tmp_path)

    assert "intranet.example" in variables[name].split(",")


def test_strict_mode_has_an_access_key_and_an_authority_of_its_own(tmp_path: Path) -> None:
    strict = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_CA_BUNDLE": "/bundle.pem"}

    variables = client_environment(URL, "123456789012", "eu-central-1", tmp_path, strict)

    assert variables.items() >= strict.items()
    assert variables["AWS_ACCOUNT_ID"] == "123456789012"


def test_every_value_is_text(variables: dict[str, str]) -> None:
    assert all(isinstance(value, str) for value in variables.values())
