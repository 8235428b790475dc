"""Which AWS the clients of an environment go to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import boto3
import pytest

from local_aws.errors import LocalAwsError
from slipway.environments import (
    connect,
    connect_to_local_aws,
    environments_folder,
    find_endpoint,
    local_aws,
    local_client_environment,
)
from slipway.errors import CommandError
from stacks.settings import load_environment


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"AWS_PROFILE": "mine", "AWS_SESSION_TOKEN": "token"},
        {"AWS_ENDPOINT_URL_SSM": "https://elsewhere.example"},
        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
    ],
    ids=lambda variables: "+".join(variables) or "none",
)
def test_the_local_environment_is_the_local_aws_whatever_the_user_has_set(
    running: Any, variables: dict[str, str]
) -> None:
    os.environ.update(variables)

    client = connect(load_environment("local"))("ssm")

    assert client.meta.endpoint_url == running.url


def test_the_local_environment_needs_the_local_aws() -> None:
    with pytest.raises(LocalAwsError, match="not running"):
        connect(load_environment("local"))


def test_another_environment_is_aws_in_its_region(running: Any) -> None:
    client = connect(load_environment("dev"))("ssm")

    assert client.meta.endpoint_url == "https://ssm.eu-central-1.amazonaws.com"


def test_under_local_run_every_environment_is_the_local_aws(running: Any) -> None:
    settings = load_environment("dev")
    os.environ.update(local_client_environment(settings))

    client = connect(settings)("ssm")

    assert client.meta.endpoint_url == running.url
    assert client.meta.region_name == "eu-central-1"


@pytest.mark.parametrize("elsewhere", [{}, {"AWS_ENDPOINT_URL": "https://elsewhere.example"}])
def test_the_local_aws_can_be_asked_for_another_environments_account(
    running: Any, elsewhere: dict[str, str]
) -> None:
    os.environ.update(elsewhere)

    client = connect_to_local_aws(load_environment("staging"))("logs")

    assert client.meta.endpoint_url == running.url
    assert client.meta.region_name == "eu-central-1"
    assert boto3.session.Session().get_credentials().access_key == "222222222222"


def test_a_relative_folder_is_one_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The processes of the local AWS have working directories of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLIPWAY_LOCAL_FOLDER", "mine/local")
    monkeypatch.setenv("SLIPWAY_ENVIRONMENTS", "mine/environments")

    assert local_aws().folder == tmp_path / "mine/local"
    assert environments_folder() == tmp_path / "mine/environments"


def test_an_endpoint_is_found_by_its_name() -> None:
    settings, endpoint = find_endpoint("local", "linear")

    assert (settings.name, endpoint.model) == ("local", "linear")


@pytest.mark.parametrize(("name", "hint"), [("linaer", " Did you mean linear?"), ("x", "")])
def test_one_that_is_not_there_is_told_with_those_that_are(name: str, hint: str) -> None:
    with pytest.raises(CommandError) as caught:
        find_endpoint("local", name)

    assert str(caught.value) == f"Environment local has no endpoint {name!r}; it has: linear.{hint}"
