"""CDK's bootstrap of an account and region on the local AWS, made once by the real CDK CLI."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

import botocore.session

from local_aws.client_environment import without_aws_settings
from local_aws.errors import LocalAwsError

# CDK Developer Guide, "Customize AWS CDK bootstrapping": where the version is kept, for the default qualifier.
VERSION_PARAMETER = "/cdk-bootstrap/hnb659fds/version"


def bootstrap(environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Bootstrap the account and region of a client's environment, unless that was done before.

    Parameters
    ----------
    environment
        What ``client_environment`` returns.
    say
        Takes progress.

    Raises
    ------
    LocalAwsError
        When ``cdk bootstrap`` fails, with its last words.
    """
    account, region = environment["AWS_ACCESS_KEY_ID"], environment["AWS_REGION"]
    if is_bootstrapped(environment):
        return
    say(f"bootstrapping CDK on this machine (account {account}, {region})")
    cdk = shutil.which("cdk", path=environment["PATH"])
    if cdk is None:
        raise LocalAwsError("There is no cdk on the PATH: run make setup")
    with tempfile.TemporaryDirectory() as elsewhere:  # a folder without cdk.json: nothing is synthesized
        done = subprocess.run(
            [cdk, "bootstrap", "--no-color", f"aws://{account}/{region}"],
            cwd=elsewhere,
            env={**without_aws_settings(os.environ), **environment},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        words = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise LocalAwsError(f"cdk bootstrap failed: {words[-1] if words else 'it said nothing'}")


def is_bootstrapped(environment: Mapping[str, str]) -> bool:
    """Return whether the bootstrap stack's version is there."""
    ssm = _client("ssm", environment)
    found = ssm.get_parameters(Names=[VERSION_PARAMETER])
    return bool(found["Parameters"])


def _client(service: str, environment: Mapping[str, str]) -> Any:
    # Named here, so that neither a profile nor a file of the user's has a say.
    own = {"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None)}
    return botocore.session.Session(session_vars=own).create_client(
        service,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
