"""Credentials in `.env`: for `slipway` and the CDK CLI, beside the usual AWS chain, never in the repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from assets import checkout
from slipway.commands import invoke as invoke_module
from slipway.env_file import env_file_variables, load_env_file
from slipway.errors import CommandError

KEYS = "AWS_ACCESS_KEY_ID=of-the-file\nAWS_SECRET_ACCESS_KEY=secret-of-the-file\n"


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | bytes], Path]:
    """Write the `.env` of a checkout of the test's own."""
    monkeypatch.setattr(checkout, "ROOT", tmp_path)
    monkeypatch.delenv("SLIPWAY_ENV_FILE")

    def write(content: str | bytes) -> Path:
        file = tmp_path / ".env"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    return write


def test_without_a_file_nothing_is_added(env_file: Any) -> None:
    assert env_file_variables({}) == {}


def test_boto3_takes_the_credentials_of_the_file(env_file: Any) -> None:
    env_file(f"{KEYS}AWS_SESSION_TOKEN=token\n")
    load_env_file()

    credentials = boto3.session.Session().get_credentials().get_frozen_credentials()

    keys = (credentials.access_key, credentials.secret_key, credentials.token)
    assert keys == ("of-the-file", "secret-of-the-file", "token")


def test_a_command_has_the_credentials_of_the_file(
    env_file: Any, slipway: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file(KEYS)
    found: list[str | None] = []
    monkeypatch.setattr(invoke_module, "connect", lambda _: found.append(os.environ.get("AWS_ACCESS_KEY_ID")))

    with pytest.raises(TypeError):  # there is no client to go on with
        slipway("invoke", "linear", "--env", "dev", "--data", "[1]")

    assert found == ["of-the-file"]


def test_it_is_read_as_python_dotenv_reads_it(env_file: Any) -> None:
    env_file("# mine\nexport AWS_PROFILE='team a'\n\nAWS_DEFAULT_REGION=eu-central-1 # here\nAWS_X=\"a$HOME\"\n")

    assert env_file_variables({}) == {
        "AWS_PROFILE": "team a",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_X": "a$HOME",
    }


def test_what_is_not_for_aws_and_what_is_empty_stays_out(env_file: Any) -> None:
    env_file("PATH=/nowhere\nAWS_SESSION_TOKEN=\nAWS_REGION\nAWS_PROFILE=mine\n")

    assert env_file_variables({}) == {"AWS_PROFILE": "mine"}


@pytest.mark.parametrize(
    "own",
    [
        {"AWS_PROFILE": "mine"},
        {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "secret"},
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn"},
    ],
    ids="+".join,
)
def test_credentials_of_the_environment_are_not_mixed_with_those_of_the_file(
    env_file: Any, own: dict[str, str]
) -> None:
    env_file(f"{KEYS}AWS_SESSION_TOKEN=token\nAWS_DEFAULT_REGION=eu-central-1\n")

    assert env_file_variables(own) == {"AWS_DEFAULT_REGION": "eu-central-1"}


def test_a_region_of_the_environment_wins(env_file: Any) -> None:
    env_file(f"{KEYS}AWS_REGION=eu-central-1\n")

    assert "AWS_REGION" not in env_file_variables({"AWS_REGION": "us-east-1"})


def test_under_local_run_it_has_no_say(env_file: Any) -> None:
    env_file(KEYS)

    assert env_file_variables({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}) == {}


def test_another_file_can_be_named(env_file: Any, tmp_path: Path) -> None:
    env_file(KEYS)
    (tmp_path / "other").write_text("AWS_PROFILE=other\n")

    assert env_file_variables({"SLIPWAY_ENV_FILE": str(tmp_path / "other")}) == {"AWS_PROFILE": "other"}
    assert env_file_variables({"SLIPWAY_ENV_FILE": os.devnull}) == {}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (f"{KEYS}my secret\n", "line 3 is not NAME=value, as in AWS_PROFILE=mine"),
        (b"\xff\xfe", "cannot be read: "),
    ],
    ids=["no name", "no text"],
)
def test_a_mistake_is_one_line_without_what_is_secret(
    env_file: Any, slipway: Callable[..., Any], content: str | bytes, reason: str
) -> None:
    file = env_file(content)

    message = slipway("invoke", "linear", "--data", "[1]").error()

    assert str(file) in message
    assert reason in message
    assert "secret" not in message


def test_a_named_file_that_is_not_there_is_told(env_file: Any, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="absent cannot be read"):
        env_file_variables({"SLIPWAY_ENV_FILE": str(tmp_path / "absent")})


class TestCdk:
    """The command `cdk`: the CDK CLI, which is stood in for by a program that tells what it got."""

    TELL = "console.log(JSON.stringify([process.argv.slice(2), process.env]))"
    RUN = """
import sys
from pathlib import Path
from assets import checkout
from slipway import cdk

checkout.ROOT = Path(sys.argv.pop(1))
cdk.main()
"""

    @pytest.fixture
    def cdk(self, env_file: Any, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
        cli = tmp_path / "node_modules" / "aws-cdk" / "bin" / "cdk"
        cli.parent.mkdir(parents=True)
        cli.write_text(self.TELL)

        def run(*arguments: str) -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-c", self.RUN, str(tmp_path), *arguments]
            environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
            return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

        return run

    def test_it_gets_the_credentials_and_its_own_arguments(self, cdk: Any, env_file: Any) -> None:
        env_file(KEYS)

        done = cdk("deploy", "--all", "-c", "env=dev")

        arguments, environment = json.loads(done.stdout)
        assert arguments == ["deploy", "--all", "-c", "env=dev"]
        assert environment["AWS_ACCESS_KEY_ID"] == "of-the-file"
        assert environment["AWS_SECRET_ACCESS_KEY"] == "secret-of-the-file"

    def test_a_mistake_in_the_file_is_one_line(self, cdk: Any, env_file: Any) -> None:
        env_file("no assignment\n")

        done = cdk("deploy")

        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("error: ")
        assert "line 1 is not NAME=value" in done.stderr

    def test_a_cli_that_is_not_installed_is_told_with_what_to_do(self, cdk: Any, tmp_path: Path) -> None:
        (tmp_path / "node_modules" / "aws-cdk" / "bin" / "cdk").unlink()

        done = cdk("deploy")

        assert done.returncode == 1
        assert done.stderr.endswith("is not there. Set the checkout up with: make setup\n")


def test_git_does_not_take_the_file_in() -> None:
    assert ".env" in (Path(__file__).parents[3] / ".gitignore").read_text().splitlines()
