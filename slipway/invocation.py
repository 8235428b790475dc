"""Calls an endpoint by its name in the environment's file, on the local AWS and on AWS alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slipway.errors import CommandError
from stacks.settings import EnvironmentSettings


@dataclass(frozen=True)
class Response:
    """What an endpoint answered.

    Parameters
    ----------
    endpoint_name, variant
        Who answered.
    content_type
        Of the body.
    body
        As it came.
    """

    endpoint_name: str
    variant: str
    content_type: str
    body: bytes


def current_endpoint_name(clients: Callable[[str], Any], settings: EnvironmentSettings, endpoint: str) -> str:
    """Return the name that the SageMaker endpoint has now, from its SSM parameter.

    Raises
    ------
    CommandError
        When it is not deployed.
    """
    ssm = clients("ssm")
    parameter = settings.names.parameter(endpoint)
    try:
        return str(ssm.get_parameter(Name=parameter)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound as error:
        run = "slipway local run -- " if settings.name == "local" else ""
        raise CommandError(
            f"Endpoint {endpoint!r} is not deployed in environment {settings.name}: there is no SSM parameter"
            f" {parameter}. Deploy it with: {run}cdk deploy --all -c env={settings.name}"
        ) from error


def invoke(runtime: Any, endpoint_name: str, body: bytes, content_type: str, accept: str) -> Response:
    """Send one request (API_runtime_InvokeEndpoint).

    Raises
    ------
    CommandError
        When the endpoint or its container refuses, with their reason.
    """
    try:
        answer = runtime.invoke_endpoint(
            EndpointName=endpoint_name, Body=body, ContentType=content_type, Accept=accept
        )
    except runtime.exceptions.ModelError as error:
        status, message = error.response["OriginalStatusCode"], error.response["OriginalMessage"].rstrip()
        raise CommandError(f"{endpoint_name} answered {status}: {message}") from error
    return Response(
        endpoint_name=endpoint_name,
        variant=answer["InvokedProductionVariant"],
        content_type=answer["ContentType"],
        body=answer["Body"].read(),
    )
