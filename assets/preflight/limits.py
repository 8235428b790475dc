"""What hosting allows: sizes, times and memory."""

from dataclasses import dataclass
from typing import Protocol

_MB = 1024 * 1024
_GB = 1024 * _MB

_INVOKE_ENDPOINT_BODY = 6_291_456  # SageMaker Runtime API model, BodyBlob: request and answer alike
_SERVERLESS_BODY = 4 * _MB  # "Serverless endpoint operations", Amazon SageMaker AI Developer Guide: in and out
_ASYNC_BODY = 1 * _GB  # "Asynchronous inference", Amazon SageMaker AI Developer Guide: the input in S3
_INVOCATION_SECONDS = 60  # "Custom Inference Code with Hosting Services", Amazon SageMaker AI Developer Guide
_ASYNC_SECONDS = 3600  # SageMaker Runtime API model, InvocationTimeoutSecondsHeader


class HostingTarget(Protocol):
    """Where a package is meant to run."""

    @property
    def container(self) -> str:
        """`slim`, `ray-serve` or `pytorch-inference`."""

    @property
    def hosting(self) -> str | None:
        """`serverless`, `real-time` or `async`; None where it is not known yet."""

    @property
    def memory_size_in_mb(self) -> int | None:
        """A serverless container's memory; None elsewhere."""


@dataclass(frozen=True)
class Limits:
    """What one request may take; None where there is no limit, or none that is known.

    Parameters
    ----------
    request_bytes, response_bytes
        Of a body.
    seconds
        From the request to its whole answer.
    memory_bytes
        Of all processes of the container.
    """

    request_bytes: int | None = None
    response_bytes: int | None = None
    seconds: int | None = None
    memory_bytes: int | None = None


def limits_of(target: HostingTarget) -> Limits:
    """Return the limits of a way of hosting."""
    match target.hosting:
        case "serverless":
            memory = target.memory_size_in_mb
            return Limits(
                request_bytes=_SERVERLESS_BODY,
                response_bytes=_SERVERLESS_BODY,
                seconds=_INVOCATION_SECONDS,
                memory_bytes=memory * _MB if memory else None,
            )
        case "real-time":
            return Limits(
                request_bytes=_INVOKE_ENDPOINT_BODY,
                response_bytes=_INVOKE_ENDPOINT_BODY,
                seconds=_INVOCATION_SECONDS,
            )
        case "async":
            return Limits(request_bytes=_ASYNC_BODY, seconds=_ASYNC_SECONDS)
        case _:
            return Limits()
