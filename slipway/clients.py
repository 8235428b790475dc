"""boto3 clients for a program of the user's, whose own environment variables stay as they are."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from slipway.env_file import env_file_variables
from slipway.environments import LOCAL_ENVIRONMENT, local_client_environment
from stacks.settings import EnvironmentSettings

if TYPE_CHECKING:
    import boto3


def clients_of(settings: EnvironmentSettings, session: boto3.Session | None = None) -> Callable[[str], Any]:
    """Return what makes boto3 clients for an environment, each once.

    The environment `local` is AWS on this machine, unless ``AWS_ENDPOINT_URL`` already says where that is. Any
    other one is AWS, with the credentials of the session.

    Parameters
    ----------
    settings
        Of the environment, which decides about the region.
    session
        Whose credentials to take; by default those that boto3 finds, else those in `.env`.

    Raises
    ------
    LocalAwsError
        When the environment is the local one and the local AWS does not run.
    CommandError
        When `.env` cannot be read.
    """
    if session is None and settings.name == LOCAL_ENVIRONMENT and "AWS_ENDPOINT_URL" not in os.environ:
        from local_aws.plain_client import plain_client  # noqa: PLC0415 (botocore takes a while)

        variables = local_client_environment(settings)
        return functools.cache(lambda service: plain_client(service, variables))
    own = session or _session()
    return functools.cache(lambda service: own.client(service, region_name=settings.region))


def _session() -> boto3.Session:
    import boto3  # noqa: PLC0415 (it takes a while)

    found = env_file_variables(os.environ)
    return boto3.Session(
        aws_access_key_id=found.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=found.get("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=found.get("AWS_SESSION_TOKEN"),
        profile_name=found.get("AWS_PROFILE"),
    )
