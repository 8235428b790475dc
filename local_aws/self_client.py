"""boto3 clients for the local AWS itself: what runs in it uses its other services through their public door."""

from __future__ import annotations

import threading
from typing import Any

import boto3
from botocore.config import Config

from local_aws import ministack_seam as seam

_CONFIG = Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=60)


class SelfClients:
    """Makes clients that act in the account and region of the request that is being answered.

    Parameters
    ----------
    endpoint_url
        Where this server answers.
    """

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._making = threading.Lock()  # boto3 sessions are not safe to share between threads

    def client(self, service: str) -> Any:
        """Return the client of a service. ministack takes an access key of 12 digits for the account."""
        key = (service, seam.account(), seam.region())
        with self._making:
            if key not in self._clients:
                self._clients[key] = boto3.session.Session().client(
                    service,
                    endpoint_url=self.endpoint_url,
                    region_name=seam.region(),
                    aws_access_key_id=seam.account(),
                    aws_secret_access_key="local",  # noqa: S106 - the local AWS checks no secret
                    config=_CONFIG,
                )
            return self._clients[key]
