"""`slipway doctor` as a whole: what it prints, its JSON, its exit status, and no network."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from slipway.doctor import aws_clients, examination
from slipway.doctor.finding import Finding
from stacks.settings import EnvironmentSettings

Write = Callable[..., EnvironmentSettings]

ACCOUNT = "111122223333"
REAL_TIME = """
  big:
    model: linear
    container: ray-serve
    hosting: {type: real-time, instance_type: ml.g5.xlarge, initial_instance_count: 1}
"""


@pytest.fixture(autouse=True)
def a_sound_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the checks of this machine, which another file tests."""
    monkeypatch.setattr(examination, "_OF_MACHINE", {"Python": lambda: Finding("Python", "ok", "3.12.1")})


def states(ran: Any) -> dict[str, str]:
    return {finding["check"]: finding["state"] for finding in json.loads(ran.text)["findings"]}


def test_without_credentials_every_check_is_told_and_none_raises(
    slipway: Callable[..., Any], environment_file: Write
) -> None:
    environment_file(REAL_TIME)
    ran = slipway("doctor", "--env", "test", "--json")
    assert (ran.status, ran.errors) == (1, "")
    assert states(ran) == {
        "Python": "ok",
        "settings": "ok",
        "docker": "skipped",
        "credentials": "wrong",
        "bootstrap": "skipped",
        "quotas": "skipped",
    }


def test_a_profile_that_is_not_there_is_a_finding(
    slipway: Callable[..., Any], environment_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment_file(REAL_TIME)
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    ran = slipway("doctor", "--env", "test", "--json")
    assert ran.status == 1
    credentials = next(one for one in json.loads(ran.text)["findings"] if one["check"] == "credentials")
    assert (credentials["state"], "no-such-profile" in credentials["what"]) == ("wrong", True)


def test_an_address_that_nobody_answers_at_is_a_finding(
    slipway: Callable[..., Any], environment_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment_file(REAL_TIME)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # discard: no service
    }.items():
        monkeypatch.setenv(name, value)
    ran = slipway("doctor", "--env", "test")
    assert ran.status == 1
    assert 'AWS could not be asked: Could not connect to the endpoint URL: "http://127.0.0.1:9/"' in ran.text


@pytest.fixture
def sound_account(aws: Any, environment_file: Write, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have an account in which nothing is missing."""
    environment_file(REAL_TIME)
    identity = {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/somebody", "UserId": "AIDA"}
    aws.stub("sts").add_response("get_caller_identity", identity)
    aws.stub("ssm").add_response("get_parameter", {"Parameter": {"Value": "30"}})
    quota = {"QuotaName": "ml.g5.xlarge for endpoint usage", "QuotaCode": "L-1", "Value": 4.0, "Adjustable": True}
    aws.stub("service-quotas").add_response("list_service_quotas", {"Quotas": [quota]})
    monkeypatch.setattr(aws_clients, "quick_clients", lambda _settings: aws)
    return aws


def test_a_sound_account_ends_with_zero(slipway: Callable[..., Any], sound_account: Any) -> None:
    ran = slipway("doctor", "--env", "test")
    assert (ran.status, ran.errors) == (0, "")
    assert ran.text.splitlines()[-1] == "test: ok: 7, warnings: 0, wrong: 0"
    assert "Mend:" not in ran.text


def test_under_local_run_there_are_no_quotas(
    slipway: Callable[..., Any], sound_account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    ran = slipway("doctor", "--env", "test", "--json")
    assert ran.status == 0
    assert states(ran)["quotas"] == "skipped"


def test_what_is_wrong_is_printed_with_what_to_do(
    slipway: Callable[..., Any], sound_account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Finding("Python", "wrong", "3.9.2, and Slipway needs more", "make setup PYTHON=python3.12")
    monkeypatch.setattr(examination, "_OF_MACHINE", {"Python": lambda: broken})
    ran = slipway("doctor", "--env", "test")
    assert ran.status == 1
    first, second, *_ = ran.text.splitlines()
    assert first.split() == ["wrong", "Python", *broken.what.split()]
    assert second.strip() == f"Mend: {broken.mend}"


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_an_environment_that_is_not_there_is_a_mistake_of_the_command_line(
    slipway: Callable[..., Any], environment_file: Write, options: list[str]
) -> None:
    environment_file(REAL_TIME)
    assert "There is no environment 'nosuch'" in slipway("doctor", "--env", "nosuch", *options).error(2)


def test_wrong_settings_are_findings_one_each(slipway: Callable[..., Any], environment_file: Write) -> None:
    environment_file(REAL_TIME)
    with pytest.raises(Exception, match="zone"):
        environment_file(REAL_TIME, name="broken", more="zone: a\nplace: b\n")
    ran = slipway("doctor", "--env", "broken", "--json")
    assert ran.status == 1
    assert [one["state"] for one in json.loads(ran.text)["findings"]] == ["ok", "wrong", "wrong"]


def test_a_check_that_cannot_read_a_file_is_a_finding(
    slipway: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> Finding:
        raise PermissionError(13, "Permission denied", "requirements.txt")

    monkeypatch.setattr(examination, "_OF_MACHINE", {"packages": fails})
    ran = slipway("doctor")
    assert ran.status == 1
    assert "Permission denied: 'requirements.txt'" in ran.text
