"""boto3 clients that give up soon, so that no network is seen in seconds."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from stacks.settings import EnvironmentSettings

_CONNECT, _READ = 3, 8
"""Seconds."""


def quick_clients(settings: EnvironmentSettings) -> Callable[[str], Any]:
    """Return what makes boto3 clients in an environment's region.

    Parameters
    ----------
    settings
        Of the environment.

    Raises
    ------
    botocore.exceptions.BotoCoreError
        The user's configuration of AWS is wrong, such as a profile that is not there.
    """
    import boto3  # noqa: PLC0415 (it takes a while)
    import botocore.session  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    session = botocore.session.Session(profile=os.environ.get("AWS_PROFILE") or None)
    # What looks for credentials makes clients of its own, of STS and SSO, and these take the session's default.
    session.set_default_client_config(
        Config(connect_timeout=_CONNECT, read_timeout=_READ, retries={"mode": "standard", "total_max_attempts": 2})
    )
    made = boto3.Session(botocore_session=session)
    return lambda service: made.client(service, region_name=settings.region)
