"""The console script as a process: exit codes, one line for a mistake, and `slipway local run`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from assets.checkout import ROOT
from slipway.commands import invoke as invoke_module

SCRIPT = ROOT / ".venv" / "bin" / "slipway"
NOT_RUNNING = "AWS on this machine is not running. Start it with: slipway local up"
WHERE = "import boto3, sys; print(boto3.client(sys.argv[1]).meta.endpoint_url)"


def test_without_a_command_it_shows_its_help(script: Callable[..., Any]) -> None:
    shown = script().text

    for command in ("package", "invoke", "demo", "local"):
        assert command in shown


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["invoke", "linear", "--data", "[1]"], 1, NOT_RUNNING),
        (["invoke", "linear", "--env", "prd", "--data", "[1]"], 2, "prd"),
        (["local", "run"], 1, "Say which command to run, after two hyphens: slipway local run -- cdk diff"),
        (["local", "run", "--"], 1, "Say which command to run"),
        (["local", "run", "--", "cdk", "diff"], 1, NOT_RUNNING),
    ],
    ids=["not running", "no such environment", "no command", "nothing after the hyphens", "run without local up"],
)
def test_a_mistake_is_one_line(
    script: Callable[..., Any], arguments: list[str], status: int, message: str
) -> None:
    assert message in script(*arguments).error(status)


def test_missing_credentials_are_one_line(script: Callable[..., Any]) -> None:
    message = script("invoke", "linear", "--env", "dev", "--data", "[1]").error()

    assert message == "AWS could not be asked: Unable to locate credentials"


def test_what_aws_refuses_is_its_answer(slipway: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "GetParameter")

    monkeypatch.setattr(invoke_module, "connect", refused)

    message = slipway("invoke", "linear", "--data", "[1]").error()

    assert message.startswith("AWS answered: ")
    assert message.endswith("not you")


def test_a_relative_folder_of_the_state_works_outside_the_checkout(
    script: Callable[..., Any], tmp_path: Path
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    try:
        up = script("local", "up", "--no-bootstrap", "--port", port, SLIPWAY_LOCAL_FOLDER="mine")
        assert up.status == 0, up.errors
        assert (tmp_path / "mine" / "emulator.json").is_file()
    finally:
        script("local", "down", "--purge", SLIPWAY_LOCAL_FOLDER="mine")
    assert not (tmp_path / "mine").exists()


class TestRun:
    """`slipway local run` while a stand-in for the local AWS runs."""

    pytestmark = pytest.mark.usefixtures("running")

    def test_the_commands_own_options_output_and_status_are_its_own(self, script: Callable[..., Any]) -> None:
        command = ["sh", "-c", 'echo "$@"; exit 7', "sh", "--env", "prod", "--help", "--", "-c"]

        ran = script("local", "run", "--", *command)

        assert (ran.status, ran.text, ran.errors) == (7, "--env prod --help -- -c\n", "")

    def test_an_unknown_command_is_named(self, script: Callable[..., Any]) -> None:
        assert script("local", "run", "--", "no-such-command").error() == (
            "There is no command 'no-such-command' on the PATH"
        )

    def test_a_file_that_is_no_program_is_one_line(self, script: Callable[..., Any], tmp_path: Path) -> None:
        file = tmp_path / "notes"
        file.write_bytes(b"\x00 no program")
        file.chmod(0o755)

        assert str(file) in script("local", "run", "--", str(file)).error()

    def test_the_account_and_region_are_the_environments(self, script: Callable[..., Any]) -> None:
        command = ["sh", "-c", "echo $AWS_ACCESS_KEY_ID $AWS_REGION"]

        assert script("local", "run", "--", *command).text.split() == ["000000000000", "us-east-1"]
        assert script("local", "run", "--env", "dev", "--", *command).text.split() == [
            "111111111111",
            "eu-central-1",
        ]

    @pytest.mark.parametrize(
        "variables",
        [
            {},
            {"AWS_PROFILE": "mine", "AWS_SESSION_TOKEN": "token"},
            {"AWS_ENDPOINT_URL_SSM": "https://elsewhere.example"},
            {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
            {"AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true"},
        ],
        ids=lambda variables: "+".join(variables) or "none",
    )
    def test_boto3_goes_to_the_local_aws_whatever_the_user_has_set(
        self, script: Callable[..., Any], running: Any, variables: dict[str, str]
    ) -> None:
        ran = script("local", "run", "--", "python", "-c", WHERE, "ssm", **variables)

        assert (ran.status, ran.text) == (0, f"{running.url}\n"), ran.errors

    def test_credentials_that_had_an_end_do_not_end_these(self, script: Callable[..., Any]) -> None:
        """A tool for temporary credentials sets when they end; these have none."""
        code = "import boto3; print(boto3.Session().get_credentials().get_frozen_credentials().access_key)"
        expired = {"AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z"}

        ran = script("local", "run", "--", "python", "-c", code, **expired)

        assert ran.text == "000000000000\n", ran.errors[-300:]

    def test_ctrl_c_ends_a_program_of_node_without_another_ones_words(self) -> None:
        """A terminal sends SIGINT to every process of the command; `cdk` starts with `env node`."""
        code = "console.log('up'); setInterval(() => {}, 1000)"
        process = subprocess.Popen(
            [SCRIPT, "local", "run", "--", "env", "node", "-e", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        os.killpg(process.pid, signal.SIGINT)

        assert process.communicate(timeout=30) == ("", "")
        assert process.returncode == -signal.SIGINT

    @pytest.mark.parametrize("tool", ["cdk", "npm", "npx"])
    def test_the_checkouts_tools_run(self, script: Callable[..., Any], tool: str) -> None:
        ran = script("local", "run", "--", tool, "--version")

        assert (ran.status, ran.errors) == (0, "")

    def test_the_checkouts_tools_are_on_the_path(self, script: Callable[..., Any]) -> None:
        loop = "for tool in node cdk python slipway; do command -v $tool; done"

        found = script("local", "run", "--", "sh", "-c", loop).text.splitlines()

        assert [Path(path).name for path in found] == ["node", "cdk", "python", "slipway"]
        assert not any(path.startswith("/usr") for path in found)


def test_the_users_environment_is_otherwise_kept(script: Callable[..., Any], running: Any) -> None:
    assert script("local", "run", "--", "sh", "-c", "echo $MINE$HOME", MINE="mine ").text.split() == [
        "mine",
        os.environ["HOME"],
    ]
