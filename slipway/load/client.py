"""The boto3 client of a load: as many connections as clients, and no request is sent twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

CONNECT_SECONDS = 10.0
READ_SECONDS = 70.0
"""More than the 60 seconds that a container has to answer (SageMaker Runtime API, InvokeEndpoint), so that it is
SageMaker which says that they are over."""


def runtime_client(clients: Callable[..., Any], connections: int) -> Any:
    """Return a client of SageMaker Runtime that threads share.

    Parameters
    ----------
    clients
        Makes boto3 clients.
    connections
        How many requests are sent at once.
    """
    from botocore.config import Config  # noqa: PLC0415 (it takes a while)

    config = Config(
        max_pool_connections=connections,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 1},
        parameter_validation=False,  # the request is always the same
    )
    return clients("sagemaker-runtime", config=config)
