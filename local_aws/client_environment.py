"""The environment variables that turn any AWS client (boto3, the CDK CLI, the AWS CLI) to the local AWS."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

IMAGES_VARIABLE = "SLIPWAY_LOCAL_IMAGES"


def client_environment(
    url: str, account: str, region: str, images: Path, strict: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the variables for a client that acts in an account and region.

    Parameters
    ----------
    url
        Where the local AWS answers.
    account
        12 digits; the local AWS takes an access key of that form for the account.
    region
        The region's name.
    images
        Where the image builder keeps its images.
    strict
        In strict mode: the variables with an access key that IAM knows, and with whom to trust.
    """
    return {
        "AWS_ACCESS_KEY_ID": account,
        "AWS_ACCOUNT_ID": account,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_REGION": region,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "1",
        # No docker runs on this machine's AWS: see local_aws/image_builder.py.
        "CDK_DOCKER": str(Path(sys.executable).parent / "slipway-image-builder"),
        IMAGES_VARIABLE: str(images),
        "CDK_S3_FORCE_PATH_STYLE": "1",
        "NO_PROXY": _without_proxy("NO_PROXY"),
        "PATH": path_with_tools(),
        "no_proxy": _without_proxy("no_proxy"),
        **(strict or {}),
    }


def _without_proxy(variable: str) -> str:
    """Return the hosts that no proxy is asked for: the user's own, and this machine."""
    return ",".join(filter(None, [os.environ.get(variable), "127.0.0.1", "localhost"]))


def without_aws_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without what would turn a client to another AWS: profiles, tokens, endpoints."""
    return {name: value for name, value in environment.items() if not name.startswith("AWS_")}


def path_with_tools() -> str:
    """Return a PATH on which the checkout's Python, Node and CDK CLI come first, as tools/setup.py puts them."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
