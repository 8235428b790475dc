"""One request to an endpoint, whichever way it is hosted."""

from __future__ import annotations

from slipway.async_invocation import invoke_async
from slipway.invocation import DeployedEndpoint, Request, Response
from stacks.settings import AsyncHosting

ASYNC_SECONDS = 900.0
"""How long to wait for the answer of an asynchronous endpoint where nothing else is said."""


def send(deployed: DeployedEndpoint, request: Request, *, timeout: float = ASYNC_SECONDS) -> Response:
    """Send one request and return the answer; an asynchronous endpoint's is waited for.

    Parameters
    ----------
    deployed
        The endpoint.
    request
        What is sent.
    timeout
        How long to wait for the answer of an asynchronous endpoint, in seconds.

    Raises
    ------
    CommandError
        When the endpoint is not deployed, it or its container refuses, or no answer comes in time.
    """
    hosting = deployed.settings.endpoints[deployed.endpoint].hosting
    if isinstance(hosting, AsyncHosting):
        return invoke_async(
            deployed.clients, deployed.settings, deployed.endpoint, hosting, request, timeout=timeout
        )
    return deployed.invoke(request)
