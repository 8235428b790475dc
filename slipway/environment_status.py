"""Whether every endpoint of an environment runs what its stack deployed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from slipway.endpoint_status import DeletedEndpointError, EndpointStatus, endpoint_status
from slipway.errors import CommandError
from stacks.settings import EnvironmentSettings

_AT_ONCE = 8
"""Endpoints that are asked about at a time."""

_SERVICES = ("ssm", "cloudformation", "sagemaker")


@dataclass(frozen=True)
class MissingEndpoint:
    """An endpoint of the settings that is not there.

    Parameters
    ----------
    state
        `not deployed`, or `deleted` by other means than its stack.
    problem
        Both with what to do.
    """

    state: Literal["not deployed", "deleted"]
    problem: str


def environment_status(
    clients: Callable[[str], Any], settings: EnvironmentSettings
) -> dict[str, EndpointStatus | MissingEndpoint]:
    """Ask SageMaker and CloudFormation how every endpoint of an environment is, several at a time.

    Parameters
    ----------
    clients
        Makes boto3 clients.
    settings
        Of the environment.
    """
    made = functools.cache(clients)
    for service in _SERVICES:
        made(service)  # threads may share a client, and may not make one (boto3, "Multithreading")
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(functools.partial(_status, made, settings), settings.endpoints)
        return dict(zip(settings.endpoints, found, strict=True))


def _status(
    clients: Callable[[str], Any], settings: EnvironmentSettings, endpoint: str
) -> EndpointStatus | MissingEndpoint:
    try:
        return endpoint_status(clients, settings, endpoint)
    except DeletedEndpointError as error:
        return MissingEndpoint("deleted", str(error))
    except CommandError as error:
        return MissingEndpoint("not deployed", str(error))
