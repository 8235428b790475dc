"""Whose credentials clients have in strict mode: those of a user in each account who may do everything.

Outside of strict mode an access key that is the account's number does. It is the root's, and on AWS nobody deploys
as the root: it cannot take on the roles of ``cdk bootstrap``.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.errors import LocalAwsError
from local_aws.plain_client import plain_client
from local_aws.private_file import write_private

_ROOT_SECRET = "root-secret"  # noqa: S105 - the name of a file
_USER = "slipway-administrator"
_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"
_ACCESS_KEY, _SECRET = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"


def new_root_secret(folder: Path) -> str:
    """Return a new secret of the accounts' roots, which only the user can read in the folder."""
    secret = secrets.token_urlsafe(32)
    write_private(folder / _ROOT_SECRET, secret.encode())
    return secret


def administrator(account: str, folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with the access key of an account's administrator, whom the root makes if need be.

    Parameters
    ----------
    account
        12 digits.
    folder
        Where the root's secret lies, and the access keys are kept.
    environment
        The variables of a client of the local AWS, without an access key.

    Raises
    ------
    LocalAwsError
        When the local AWS does not let the root in.
    """
    path = folder / f"administrator-{account}.json"
    kept = _read(path)
    try:
        if kept and _is_accepted({**environment, **kept}):
            return kept
        root = {_ACCESS_KEY: account, _SECRET: (folder / _ROOT_SECRET).read_text()}
        made = _new_key(plain_client("iam", {**environment, **root}))
    except (BotoCoreError, ClientError, OSError) as error:
        raise LocalAwsError(f"AWS on this machine makes no administrator in account {account}: {error}") from error
    write_private(path, json.dumps(made).encode())
    return made


def _read(path: Path) -> dict[str, str] | None:
    try:
        kept = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return kept if isinstance(kept, dict) and kept.keys() == {_ACCESS_KEY, _SECRET} else None


def _is_accepted(environment: Mapping[str, str]) -> bool:
    """Whether a key still counts: a kill takes what was not saved yet, and anybody may delete the user."""
    try:
        plain_client("sts", environment).get_caller_identity()
    except ClientError:
        return False
    return True


def _new_key(iam: Any) -> dict[str, str]:
    try:
        iam.create_user(UserName=_USER)
    except iam.exceptions.EntityAlreadyExistsException:
        # A user has two keys at the most (IAM User Guide, "IAM and AWS STS quotas"). The newest one stays: a
        # command that runs beside this one may have made it.
        for key in iam.list_access_keys(UserName=_USER)["AccessKeyMetadata"][:-1]:
            iam.delete_access_key(UserName=_USER, AccessKeyId=key["AccessKeyId"])
    iam.attach_user_policy(UserName=_USER, PolicyArn=_POLICY)
    key = iam.create_access_key(UserName=_USER)["AccessKey"]
    return {_ACCESS_KEY: key["AccessKeyId"], _SECRET: key["SecretAccessKey"]}
