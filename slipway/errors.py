"""What a user of the command line did that cannot work."""

from __future__ import annotations


class CommandError(Exception):
    """A command that cannot do what was asked; the text says why and how to go on."""


class PredictionError(CommandError):
    """An endpoint's container refused a request, or its model failed.

    Parameters
    ----------
    endpoint_name
        The SageMaker endpoint.
    status
        The container's HTTP status: 4xx for the request's fault, 5xx for the model's.
    reason
        What the container said.
    """

    def __init__(self, endpoint_name: str, status: int, reason: str) -> None:
        super().__init__(f"{endpoint_name} answered {status}: {reason}")
        self.endpoint_name = endpoint_name
        self.status = status
        self.reason = reason
