"""A local AWS that runs, as its own pages describe it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import urllib3

from local_aws.emulator import HOST, OPERATIONS_PATH, RECOVERY_PATH, SAVE_PATH, STATUS_PATH
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
    authority
        The file of the certificate that clients have to trust in strict mode; None outside of it.
    """

    pid: int
    started: float
    port: int
    account: str
    region: str
    authority: str | None = None

    @property
    def strict(self) -> bool:
        """Whether IAM is enforced."""
        return self.authority is not None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"{'https' if self.strict else 'http'}://{HOST}:{self.port}"

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

    def save(self) -> None:
        """Let it write its state to disk, as before its end: afterwards nobody could make room and try again.

        Raises
        ------
        LocalAwsError
            When something could not be written. What does not answer has saved what it will.
        """
        try:
            failures = list(self._page(SAVE_PATH))
        except LocalAwsError:
            return
        if failures:
            raise LocalAwsError(
                f"The state of AWS on this machine cannot be saved: {failures[0]}. It runs on. Make room on that"
                " disk and try again, or give the state up: slipway local down --purge"
            )

    def _page(self, path: str) -> Any:
        try:
            with urllib3.PoolManager(retries=False, timeout=10, ca_certs=self.authority) as pool:
                return pool.request("GET", self.url + path).json()
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise LocalAwsError(f"The local AWS (process {self.pid}) does not answer: {error}") from error
