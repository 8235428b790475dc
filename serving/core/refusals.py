"""From an error to the answer and the line of the log that tell of it."""

import logging
from collections.abc import Mapping

from .errors import RequestError
from .logs import log_event
from .media_types import JSON
from .messages import Answer

_FIRST_SERVER_ERROR = 500


def refusal(error: BaseException, request_id: str, milliseconds: Mapping[str, float] | None = None) -> Answer:
    """Log why a request is refused, with the traceback of the user's code where there is one.

    Parameters
    ----------
    error
        What ended the request; anything but a RequestError is a fault of this server.
    request_id
        Names the request in the log and in the answer.
    milliseconds
        What its phases took.

    Returns
    -------
    Answer
        One line of JSON: `{"error", "reason", "request_id"}`.
    """
    if not isinstance(error, RequestError):
        wrapped = RequestError("the server failed; its log says why")
        wrapped.__cause__ = error
        error = wrapped
    log_event(
        "request_failed",
        level=logging.ERROR if error.status >= _FIRST_SERVER_ERROR else logging.INFO,
        cause=error.__cause__,
        request_id=request_id,
        status=error.status,
        reason=str(error),
    )
    return Answer(error.body(request_id), JSON, error.status, error.headers, milliseconds or {})
