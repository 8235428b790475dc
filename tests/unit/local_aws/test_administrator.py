"""The administrator of an account in strict mode, with a local AWS that is a stand-in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import administrator as module
from local_aws.administrator import administrator, new_root_secret
from local_aws.errors import LocalAwsError

ACCOUNT = "123456789012"
PLACE = {"AWS_ENDPOINT_URL": "https://127.0.0.1:1", "AWS_REGION": "us-east-1"}


class Aws:
    """IAM and STS of an account: one user, with keys."""

    class exceptions:  # noqa: N801 - boto3's name
        class EntityAlreadyExistsException(Exception):  # noqa: N818 - boto3's name
            pass

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}
        self.policies: list[str] = []
        self.there = False
        self.callers: list[tuple[str, str, str]] = []
        self.made = 0

    def client(self, service: str, environment: dict[str, str]) -> Any:
        key, secret = environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
        assert environment.items() >= PLACE.items()
        self.callers.append((service, key, secret))
        return self

    def get_caller_identity(self) -> None:
        _, key, secret = self.callers[-1]
        if self.keys.get(key) != secret:
            raise ClientError({"Error": {"Code": "InvalidClientTokenId"}}, "GetCallerIdentity")

    def create_user(self, UserName: str) -> None:  # noqa: N803 - boto3's names
        if self.there:
            raise self.exceptions.EntityAlreadyExistsException
        self.there = True

    def list_access_keys(self, UserName: str) -> dict[str, Any]:  # noqa: N803
        return {"AccessKeyMetadata": [{"AccessKeyId": key} for key in self.keys]}

    def delete_access_key(self, UserName: str, AccessKeyId: str) -> None:  # noqa: N803
        del self.keys[AccessKeyId]

    def attach_user_policy(self, UserName: str, PolicyArn: str) -> None:  # noqa: N803
        self.policies.append(PolicyArn)

    def create_access_key(self, UserName: str) -> dict[str, Any]:  # noqa: N803
        self.made += 1
        self.keys[f"AKIA{self.made}"] = f"secret {self.made}"
        return {"AccessKey": {"AccessKeyId": f"AKIA{self.made}", "SecretAccessKey": f"secret {self.made}"}}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    made = Aws()
    monkeypatch.setattr(module, "plain_client", made.client)
    return made


@pytest.fixture
def credentials(aws: Aws, tmp_path: Path) -> Callable[[], dict[str, str]]:
    new_root_secret(tmp_path)
    return lambda: administrator(ACCOUNT, tmp_path, PLACE)


def test_the_root_makes_the_administrator(aws: Aws, credentials: Any, tmp_path: Path) -> None:
    assert credentials() == {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "secret 1"}
    assert aws.callers == [("iam", ACCOUNT, (tmp_path / "root-secret").read_text())]
    assert aws.policies == ["arn:aws:iam::aws:policy/AdministratorAccess"]


def test_the_administrator_is_made_once(aws: Aws, credentials: Any) -> None:
    assert credentials() == credentials()
    assert aws.made == 1


def test_nobody_else_reads_the_secrets(credentials: Any, tmp_path: Path) -> None:
    credentials()

    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert len(list(tmp_path.iterdir())) == 2


def test_every_start_has_another_root_secret(tmp_path: Path) -> None:
    first, second = new_root_secret(tmp_path), new_root_secret(tmp_path)

    assert first != second
    assert (tmp_path / "root-secret").read_text() == second


@pytest.mark.parametrize("there", [True, False], ids=["the key is gone", "the user is gone"])
def test_a_key_that_counts_no_more_is_made_anew(aws: Aws, credentials: Any, there: bool) -> None:
    credentials()
    aws.there = there
    aws.keys = {"AKIAother": "x", "AKIAanother": "y"} if there else {}

    assert credentials()["AWS_ACCESS_KEY_ID"] == "AKIA2"
    # A user has two at the most, and a command beside this one may have made the newer one.
    assert list(aws.keys) == (["AKIAanother", "AKIA2"] if there else ["AKIA2"])


@pytest.mark.parametrize("content", ["", "no json", "[]", '{"AWS_ACCESS_KEY_ID": "AKIA1"}'])
def test_a_broken_file_is_made_anew(aws: Aws, credentials: Any, tmp_path: Path, content: str) -> None:
    path = tmp_path / f"administrator-{ACCOUNT}.json"
    path.write_text(content)

    assert credentials()["AWS_ACCESS_KEY_ID"] == "AKIA1"
    assert json.loads(path.read_text())["AWS_ACCESS_KEY_ID"] == "AKIA1"


def test_a_root_that_is_not_let_in_is_told_in_a_line(aws: Aws, tmp_path: Path) -> None:
    with pytest.raises(LocalAwsError, match=f"no administrator in account {ACCOUNT}"):
        administrator(ACCOUNT, tmp_path, PLACE)
