"""Clients of the local AWS for its own commands."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import botocore.session
from botocore.config import Config


def plain_client(service: str, environment: Mapping[str, str]) -> Any:
    """Return a botocore client that an environment describes, in which no profile or file of the user's has a say.

    Parameters
    ----------
    service
        botocore's name of the service.
    environment
        The variables of a client of the local AWS: endpoint URL, region, access key and, with TLS, CA bundle.
    """
    own = {"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None)}
    return botocore.session.Session(session_vars=own).create_client(
        service,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        verify=environment.get("AWS_CA_BUNDLE"),
        config=Config(proxies={}),  # it is on this machine
    )
