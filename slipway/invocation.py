"""Calls an endpoint by its name in the environment's file, on the local AWS and on AWS alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from slipway.errors import CommandError, PredictionError
from stacks.settings import EnvironmentSettings

T = TypeVar("T")

_DENIED = {"AccessDenied", "AccessDeniedException"}
"""Of Amazon S3, and of SageMaker Runtime (their API references, *Common Errors*)."""


@dataclass(frozen=True)
class Request:
    """What is sent to an endpoint.

    Parameters
    ----------
    body
        As it goes.
    content_type
        Of the body.
    accept
        The content type wanted back.
    variant
        The production variant that is to answer; None leaves it to the weights.
    """

    body: bytes
    content_type: str
    accept: str
    variant: str | None = None


@dataclass(frozen=True)
class Response:
    """What an endpoint answered.

    Parameters
    ----------
    endpoint_name, variant
        Who answered; an asynchronous endpoint does not tell the variant.
    content_type
        Of the body.
    body
        As it came.
    """

    endpoint_name: str
    variant: str | None
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


class DeployedEndpoint:
    """An endpoint by its name in the settings, whose current name is read once, and anew when that leads nowhere.

    Another way of hosting is another endpoint under another name, and the old one goes.

    Parameters
    ----------
    clients
        Makes boto3 clients.
    settings
        Of the environment.
    endpoint
        The endpoint's name in the settings.
    """

    def __init__(self, clients: Callable[[str], Any], settings: EnvironmentSettings, endpoint: str) -> None:
        self.clients = clients
        self.settings = settings
        self.endpoint = endpoint
        self._name: str | None = None

    def invoke(self, request: Request) -> Response:
        """Send one request.

        Raises
        ------
        CommandError
            When the endpoint is not deployed, or it or its container refuses.
        """
        runtime = self.clients("sagemaker-runtime")
        return self.call(lambda name: invoke(runtime, name, request))

    def call(self, call: Callable[[str], T]) -> T:
        """Call it by its current name; where that leads nowhere any more, read the name anew and call again.

        Parameters
        ----------
        call
            Is given the SageMaker endpoint's name.

        Raises
        ------
        CommandError
            When the endpoint is not deployed.
        """
        from botocore.exceptions import ClientError  # noqa: PLC0415 (it takes a while, as boto3 does)

        name = self.name
        while True:
            try:
                return call(name)
            except ClientError as error:
                if not _may_have_moved(error):
                    raise
                now = self._read_name()
                if now == name:
                    raise
                name = now

    @property
    def name(self) -> str:
        """The SageMaker endpoint's name, as it was read last.

        Raises
        ------
        CommandError
            When the endpoint is not deployed.
        """
        return self._name or self._read_name()

    def _read_name(self) -> str:
        self._name = None  # where it cannot be read, the next call tries again
        self._name = current_endpoint_name(self.clients, self.settings, self.endpoint)
        return self._name


def invoke_by_name_of_settings(
    clients: Callable[[str], Any], settings: EnvironmentSettings, endpoint: str, request: Request
) -> Response:
    """Send one request to an endpoint by its name in the settings; see `DeployedEndpoint.invoke`."""
    return DeployedEndpoint(clients, settings, endpoint).invoke(request)


def is_gone(error: Any) -> bool:
    """Whether an error of boto3's says that there is no such endpoint (SageMaker has no code for that alone)."""
    told = error.response["Error"]
    message = str(told.get("Message", "")).lower()
    return told.get("Code") == "ValidationError" and ("not found" in message or "could not find" in message)


def _may_have_moved(error: Any) -> bool:
    """Whether an error of boto3's can mean that another name is the endpoint's by now.

    Beside one that has gone: one that is hosted in another way than the call is for, and one that callers may no
    longer call like that, because their policy is already that of the endpoint which takes its place.
    """
    told = error.response["Error"]
    return (
        is_gone(error)
        or "does not support invokeendpoint" in str(told.get("Message", "")).lower()
        or told.get("Code") in _DENIED
    )


def invoke(runtime: Any, endpoint_name: str, request: Request) -> Response:
    """Send one request (API_runtime_InvokeEndpoint).

    Raises
    ------
    PredictionError
        When the container refuses, or its model fails.
    """
    target = {"TargetVariant": request.variant} if request.variant else {}
    try:
        answer = runtime.invoke_endpoint(
            EndpointName=endpoint_name,
            Body=request.body,
            ContentType=request.content_type,
            Accept=request.accept,
            **target,
        )
    except runtime.exceptions.ModelError as error:
        status, reason = error.response["OriginalStatusCode"], error.response["OriginalMessage"].rstrip()
        raise PredictionError(endpoint_name, status, reason) from error
    return Response(
        endpoint_name=endpoint_name,
        variant=answer["InvokedProductionVariant"],
        content_type=answer["ContentType"],
        body=answer["Body"].read(),
    )
