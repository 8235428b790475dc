"""CDK's bootstrap of an account and region on the local AWS, made once by the real CDK CLI."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from local_aws.client_environment import IMAGES_VARIABLE, without_aws_settings
from local_aws.errors import LocalAwsError
from local_aws.folder_lock import folder_locked
from local_aws.plain_client import plain_client

# CDK Developer Guide, "Customize AWS CDK bootstrapping": where the version is kept, for the default qualifier.
VERSION_PARAMETER = "/cdk-bootstrap/hnb659fds/version"


def bootstrap(environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Bootstrap the account and region of a client's environment, unless that was done before.

    One command at a time does so: two at once would take away each other's change set.

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
    if is_bootstrapped(environment):
        return
    with folder_locked(Path(environment[IMAGES_VARIABLE]), lambda: say("waiting for another bootstrap to end")):
        if not is_bootstrapped(environment):
            _run_cdk(environment, say)


def _run_cdk(environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    account, region = environment["AWS_ACCOUNT_ID"], environment["AWS_REGION"]
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
    found = plain_client("ssm", environment).get_parameters(Names=[VERSION_PARAMETER])
    return bool(found["Parameters"])
