"""One request to an endpoint, whichever way it is hosted."""

from __future__ import annotations

from fnmatch import fnmatchcase

from slipway.async_invocation import invoke_async
from slipway.invocation import DeployedEndpoint, Request, Response, invoke
from stacks.settings import EnvironmentSettings, mode_patterns

ASYNC_SECONDS = 900.0
"""How long to wait for the answer of an asynchronous endpoint where nothing else is said."""


def send(deployed: DeployedEndpoint, request: Request, *, timeout: float = ASYNC_SECONDS) -> Response:
    """Send one request and return the answer; an asynchronous endpoint's is waited for.

    The endpoint that is there decides how it is asked: the settings may have changed and not be deployed yet, or
    be deployed while this program runs.

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

    def send_to(name: str) -> Response:
        clients, settings, endpoint = deployed.clients, deployed.settings, deployed.endpoint
        if _has_queue(settings, endpoint, name):
            return invoke_async(clients, settings, endpoint, name, request, timeout=timeout)
        return invoke(clients("sagemaker-runtime"), name, request)

    return deployed.call(send_to)


def _has_queue(settings: EnvironmentSettings, endpoint: str, name: str) -> bool:
    """Whether a SageMaker endpoint's name is that of an asynchronous one: it ends with how it is hosted."""
    patterns = settings.names.endpoint_patterns(endpoint, mode_patterns(with_queue=True))
    return any(fnmatchcase(name, pattern) for pattern in patterns)
