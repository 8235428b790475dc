"""Waits until CloudWatch Logs answers again, where that is worth waiting for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 30.0
"""Seconds until a request is sent again; each wait is twice the one before."""

_TOO_MANY = {"ThrottlingException", "Throttling", "LimitExceededException", "RequestLimitExceeded"}


class Patience:
    """Sends requests again that were one too many, or that found no connection.

    Parameters
    ----------
    say
        Hears what is waited for.
    pause
        Waits for so many seconds.
    outlasts_connections
        Whether a connection that was there before is waited for as well.
    """

    def __init__(
        self, say: Callable[[str], None], pause: Callable[[float], None], *, outlasts_connections: bool
    ) -> None:
        self._say = say
        self._pause = pause
        self._outlasts_connections = outlasts_connections
        self._was_answered = False

    def call(self, send: Callable[[], Answer]) -> Answer:
        """Return the answer to a request, which is sent until there is one.

        Raises
        ------
        botocore.exceptions.ClientError
            The request is refused for another reason than their rate.
        botocore.exceptions.BotoCoreError
            There is no connection, and there never was one, or it is not to be waited for.
        """
        from botocore.exceptions import (  # noqa: PLC0415 (it takes a while)
            ClientError,
            ConnectionError,  # noqa: A004 - its own name
            HTTPClientError,
        )

        wait = _FIRST_WAIT
        while True:
            try:
                answer = send()
            except ClientError as error:
                if error.response["Error"]["Code"] not in _TOO_MANY:
                    raise
                reason = "CloudWatch Logs limits the rate of requests"
            except (ConnectionError, HTTPClientError) as error:
                if not (self._outlasts_connections and self._was_answered):
                    raise
                reason = str(error)
            else:
                self._was_answered = True
                return answer
            self._say(f"{reason}: going on in {wait:g} s")
            self._pause(wait)
            wait = min(2 * wait, _LONGEST_WAIT)
