"""What kept a request from being answered, by kind."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from slipway.errors import CommandError, PredictionError

Kind = Literal["model 4xx", "model 5xx", "throttling", "not ready", "time-out", "connection", "service", "refused"]
"""`model`: the container's own status. `not ready`: a serverless container still starts. `service`: a fault of
SageMaker's. `refused`: anything else that AWS says, such as a missing permission."""

_SHOWN = 300
"""Characters of a message."""


@dataclass(frozen=True)
class Failure:
    """Why a request was not answered.

    Parameters
    ----------
    kind
        In a word or two.
    status
        The container's HTTP status, else that of AWS; None where nothing came back.
    code
        The name of the error.
    message
        The beginning of what was said.
    """

    kind: Kind
    status: int | None
    code: str
    message: str


def failure_of(error: Exception) -> Failure | None:
    """Return what an error of a request means, None for one that no endpoint can have caused.

    Parameters
    ----------
    error
        As `slipway.invocation.invoke` raises it.

    Notes
    -----
    Sources: SageMaker Runtime API, InvokeEndpoint, *Errors*. A container that does not answer in 60 seconds is a
    ModelError without a status of the container.
    """
    from botocore import exceptions as boto  # noqa: PLC0415 (it takes a while)

    name, message = type(error).__name__, " ".join(str(error).split())[:_SHOWN]
    match error:
        case PredictionError():
            return Failure(_kind_of_model(error.status), error.status, "ModelError", message)
        case CommandError():
            return Failure("refused", None, "NotDeployed", message)
        case boto.ClientError():
            return _failure_of_aws(error.response, message)
        case boto.ReadTimeoutError():
            return Failure("time-out", None, name, message)
        case boto.HTTPClientError() | boto.ConnectionError() | boto.IncompleteReadError():
            return Failure("connection", None, name, message)
        case _:
            return None


def _kind_of_model(status: int) -> Kind:
    if status == 0:
        return "time-out"
    return "model 4xx" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "model 5xx"


def _failure_of_aws(response: dict[str, Any], message: str) -> Failure:
    code = str(response.get("Error", {}).get("Code", ""))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    kind: Kind = "refused"
    if code == "ModelNotReadyException":
        kind = "not ready"
    elif "Throttl" in code or status == HTTPStatus.TOO_MANY_REQUESTS:
        kind = "throttling"
    elif status is not None and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        kind = "service"
    return Failure(kind, status, code, message)
