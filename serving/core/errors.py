"""What ends a start, and what a request is refused with."""

import json
from typing import ClassVar

_LONGEST_REASON = 500  # characters; a reason is one line that a person reads
_RETRY_AFTER = "1"  # seconds
_INTERPRETER_ERROR = "The following operation failed in the TorchScript interpreter"
_LONGEST_MESSAGE = 2000  # characters of the line that ends a start, which names files


class StartError(Exception):
    """The server cannot start; the text is one line that says what is wrong and how to mend it.

    Parameters
    ----------
    message
        The line; whitespace in it is collapsed, so that the last line of the log is the whole message.
    details
        What the log shows before it, such as the last lines of pip.
    """

    def __init__(self, message: str, *, details: str = "") -> None:
        super().__init__(one_line(message, _LONGEST_MESSAGE))
        self.details = details


class RequestError(Exception):
    """A request ends with `status` and one line of JSON; without a subclass, it is a fault of this server.

    Parameters
    ----------
    reason
        What is wrong, for the client; whitespace is collapsed and the length bounded.
    """

    status: ClassVar[int] = 500
    error: ClassVar[str] = "InternalError"

    def __init__(self, reason: str) -> None:
        super().__init__(one_line(reason))
        self.headers: dict[str, str] = {}
        """Headers of the answer, their names in lower case."""

    def body(self, request_id: str) -> bytes:
        """Return the answer's body: `{"error", "reason", "request_id"}` on one line."""
        answer = {"error": self.error, "reason": str(self), "request_id": request_id}
        return json.dumps(answer).encode() + b"\n"


class BadRequest(RequestError):  # noqa: N818 - a public name, raised by handlers
    """400: the client's fault. A handler raises it with a reason of its own."""

    status = 400
    error = "BadRequest"


class NotFoundError(RequestError):
    """404: a path other than `/ping` and `/invocations`."""

    status = 404
    error = "NotFound"


class MethodNotAllowedError(RequestError):
    """405: another method than the path takes."""

    status = 405
    error = "MethodNotAllowed"

    def __init__(self, reason: str, allowed: str) -> None:
        super().__init__(reason)
        self.headers["allow"] = allowed


class NotAcceptableError(RequestError):
    """406: the answer cannot be written as anything that Accept names."""

    status = 406
    error = "NotAcceptable"


class RequestTimeoutError(RequestError):
    """408: the client did not send its whole body in time."""

    status = 408
    error = "RequestTimeout"


class ContentTooLargeError(RequestError):
    """413: the body is larger than the server takes."""

    status = 413
    error = "ContentTooLarge"


class UnsupportedMediaTypeError(RequestError):
    """415: the default `input_fn` cannot read this content type."""

    status = 415
    error = "UnsupportedMediaType"


class ModelError(RequestError):
    """500: the handler or the model failed. The cause's traceback belongs in the log, never in the answer."""

    status = 500
    error = "ModelError"


class UnavailableError(RequestError):
    """503: the server cannot predict now, but may soon."""

    status = 503
    error = "ServiceUnavailable"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.headers["retry-after"] = _RETRY_AFTER


class PredictionTimeoutError(RequestError):
    """504: the prediction did not end within the time limit of a request."""

    status = 504
    error = "PredictionTimeout"


def one_line(text: str, longest: int = _LONGEST_REASON) -> str:
    """Return `text` without line breaks and not longer than `longest` characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def error_line(error: BaseException) -> str:
    """Return the line of an exception's text that says what happened.

    TorchScript puts it last, after its own traceback; torch otherwise puts it first, before hints for debugging.
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    if lines[0].startswith(_INTERPRETER_ERROR):
        return one_line(lines[-1].removeprefix("RuntimeError: "))
    return one_line(lines[0])


def described(error: BaseException) -> str:
    """Return an exception's type and the line that says what happened."""
    return f"{type(error).__name__}: {error_line(error)}"
