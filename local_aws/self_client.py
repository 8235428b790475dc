"""boto3 clients for the local AWS itself: what runs in it uses its other services through their public door."""

from __future__ import annotations

import threading
from typing import Any, Protocol

import boto3
from botocore.config import Config

from local_aws import ministack_seam as seam
from local_aws.door import Door

_CONFIG = Config(
    retries={"max_attempts": 2},
    s3={"addressing_style": "path"},
    connect_timeout=5,
    read_timeout=60,
    proxies={},  # it is on this machine
)


class Clients(Protocol):
    """What makes boto3 clients."""

    def client(self, service: str) -> Any:
        """Return the client of a service, by boto3's name."""


def new_client(door: Door, service: str, session: Any, **credentials: Any) -> Any:
    """Make a client of the local AWS in the region of the request that is being answered."""
    return session.client(
        service,
        endpoint_url=door.url,
        region_name=seam.region(),
        verify=door.authority,
        config=_CONFIG,
        **credentials,
    )


class SelfClients:
    """Makes clients that act as the root of the request's account, in the request's region.

    Parameters
    ----------
    door
        Of this server.
    """

    def __init__(self, door: Door) -> None:
        self._door = door
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._making = threading.Lock()  # boto3 sessions are not safe to share between threads

    def client(self, service: str) -> Any:
        """Return the client of a service. ministack takes an access key of 12 digits for the account."""
        key = (service, seam.account(), seam.region())
        with self._making:
            if key not in self._clients:
                self._clients[key] = new_client(
                    self._door,
                    service,
                    boto3.session.Session(),
                    aws_access_key_id=seam.account(),
                    aws_secret_access_key=self._door.root_secret,
                )
            return self._clients[key]
