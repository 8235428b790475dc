"""A local AWS that runs, as its own pages describe it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import urllib3

from local_aws.emulator import HOST, OPERATIONS_PATH, RECOVERY_PATH, STATUS_PATH
from local_aws.errors import LocalAwsError


@dataclass(frozen=True)
class Emulator:
    """A local AWS that runs.

    Parameters
    ----------
    pid, started
        The process: its id, and its start in seconds since the epoch.
    port
        Its port on 127.0.0.1.
    account, region
        What it acts in for callers that name none.
    """

    pid: int
    started: float
    port: int
    account: str
    region: str

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    def endpoints(self) -> list[dict[str, Any]]:
        """Return the SageMaker endpoints of every account: name, status, processes.

        Raises
        ------
        LocalAwsError
            When the process does not answer.
        """
        return list(self._page(STATUS_PATH))

    def recovery(self) -> dict[str, Any]:
        """Return whether it still settles what its last end cut off (``under_way``), and what it did (``notes``).

        Raises
        ------
        LocalAwsError
            When the process does not answer.
        """
        return dict(self._page(RECOVERY_PATH))

    def stacks_in_progress(self) -> list[str]:
        """Return the CloudFormation stacks that an operation goes on on.

        Raises
        ------
        LocalAwsError
            When the process does not answer.
        """
        return list(self._page(OPERATIONS_PATH))

    def _page(self, path: str) -> Any:
        try:
            return urllib3.request("GET", self.url + path, timeout=10, retries=False).json()
        except urllib3.exceptions.HTTPError as error:
            raise LocalAwsError(f"The local AWS (process {self.pid}) does not answer: {error}") from error
