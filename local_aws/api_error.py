"""The error answer of an AWS API."""

from __future__ import annotations

from http import HTTPStatus


class ApiError(Exception):
    """A request that is refused with an error code of the AWS API.

    Parameters
    ----------
    code
        The API's error code, such as ``ValidationException``.
    message
        The text the caller reads, in AWS's wording where its documentation or practice shows it.
    status
        The HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = int(status)


def validation_error(message: str) -> ApiError:
    """Return the error that SageMaker answers to a request which makes no sense to it."""
    return ApiError("ValidationException", message)
