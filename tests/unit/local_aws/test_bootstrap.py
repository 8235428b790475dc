"""CDK's bootstrap on the local AWS, with a stand-in for the CDK CLI."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local_aws.bootstrap import VERSION_PARAMETER, bootstrap, is_bootstrapped
from local_aws.client_environment import client_environment
from local_aws.errors import LocalAwsError

JSON = {"Content-Type": "application/x-amz-json-1.1"}


@pytest.fixture
def environment(http_container: Any, answering: Any, tmp_path: Path) -> Callable[[bool], dict[str, str]]:
    """Make the variables of a local AWS whose SSM has the bootstrap's version, or not."""

    def make(bootstrapped: bool) -> dict[str, str]:
        found = [{"Name": VERSION_PARAMETER, "Value": "30"}] if bootstrapped else []
        body = json.dumps({"Parameters": found, "InvalidParameters": []}).encode()
        ssm = http_container(answering(200, body, JSON))
        return client_environment(ssm.url, "000000000000", "us-east-1", tmp_path)

    return make


@pytest.fixture
def cdk(tmp_path: Path) -> Callable[[str], str]:
    """Write a program named cdk, and return a PATH with it alone."""

    def write(script: str) -> str:
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / "cdk").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "cdk").chmod(0o755)
        return f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin"

    return write


@pytest.mark.parametrize("there", [True, False])
def test_it_is_there_when_its_version_is(environment: Callable[[bool], dict[str, str]], there: bool) -> None:
    assert is_bootstrapped(environment(there)) is there


def test_a_profile_of_the_users_does_not_matter(
    environment: Callable[[bool], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "of-another-machine")

    assert is_bootstrapped(environment(True))


def test_the_account_is_the_environments_whatever_its_access_key(
    environment: Callable[[bool], dict[str, str]], cdk: Callable[[str], str], tmp_path: Path
) -> None:
    path = cdk(f'echo "$@" > {tmp_path}/called')

    bootstrap({**environment(False), "AWS_ACCESS_KEY_ID": "AKIAOFAUSER", "PATH": path}, lambda _: None)

    assert "aws://000000000000/us-east-1" in (tmp_path / "called").read_text()


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY"])
def test_the_users_proxy_is_not_asked_for_this_machine(
    environment: Callable[[bool], dict[str, str]], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    assert is_bootstrapped(environment(True))


def test_a_second_time_is_nothing(
    environment: Callable[[bool], dict[str, str]], cdk: Callable[[str], str]
) -> None:
    said: list[str] = []

    bootstrap({**environment(True), "PATH": cdk("exit 1")}, said.append)

    assert said == []


def test_the_cdk_cli_gets_account_region_and_an_empty_folder(
    environment: Callable[[bool], dict[str, str]], cdk: Callable[[str], str], tmp_path: Path
) -> None:
    said: list[str] = []
    path = cdk(f'echo "$@" "$AWS_ENDPOINT_URL" > {tmp_path}/called; ls -A > {tmp_path}/listed')
    variables = {**environment(False), "PATH": path}

    bootstrap(variables, said.append)

    called = (tmp_path / "called").read_text().split()
    assert called == ["bootstrap", "--no-color", "aws://000000000000/us-east-1", variables["AWS_ENDPOINT_URL"]]
    assert (tmp_path / "listed").read_text() == ""
    assert said == ["bootstrapping CDK on this machine (account 000000000000, us-east-1)"]


def test_two_at_once_do_not_run_beside_each_other(
    environment: Callable[[bool], dict[str, str]], cdk: Callable[[str], str], tmp_path: Path
) -> None:
    path = cdk(f"mkdir {tmp_path}/runs || exit 1; sleep 0.2; rmdir {tmp_path}/runs")
    variables = {**environment(False), "PATH": path}
    said: list[str] = []

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(bootstrap, variables, said.append) for _ in range(2)]:
            done.result()

    assert said.count("bootstrapping CDK on this machine (account 000000000000, us-east-1)") == 2


@pytest.mark.parametrize(
    ("script", "reason"),
    [("echo progress >&2; echo 'no template' >&2; exit 1", "no template"), ("exit 3", "it said nothing")],
)
def test_a_failure_is_told_with_the_last_words(
    environment: Callable[[bool], dict[str, str]], cdk: Callable[[str], str], script: str, reason: str
) -> None:
    with pytest.raises(LocalAwsError, match=f"cdk bootstrap failed: {reason}$"):
        bootstrap({**environment(False), "PATH": cdk(script)}, print)


def test_a_missing_cdk_cli_is_named(environment: Callable[[bool], dict[str, str]], tmp_path: Path) -> None:
    with pytest.raises(LocalAwsError, match="cdk"):
        bootstrap({**environment(False), "PATH": str(tmp_path)}, print)
