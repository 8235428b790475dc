"""A server that runs for one trial."""

import http.client
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from assets.preflight.errors import PreflightError
from assets.preflight.process import RunningProcess, end, start

HOST = "127.0.0.1"
_PING_TIMEOUT = 2.0  # seconds; SageMaker's limit for one answer to /ping
_PING_INTERVAL = 0.05


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class RunningServer(RunningProcess):
    """A server that was started; `running` starts and ends it.

    Parameters
    ----------
    supervisor
        The process that watches over it.
    port
        Where it answers, on 127.0.0.1.
    log
        The file of its output.
    """

    def __init__(self, supervisor: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
        super().__init__(supervisor, log)
        self.port = port
        self._started = time.monotonic()

    def wait_until_ready(self, deadline: float, check: Callable[[], None]) -> float:
        """Wait until /ping answers 200; return how many seconds after the start that was.

        Parameters
        ----------
        deadline
            Of `time.monotonic`.
        check
            Called again and again; raises where the work is called off.

        Raises
        ------
        PreflightError
            The server ended, or the time is up.
        """
        while (left := deadline - time.monotonic()) > 0:
            check()
            if self.has_ended():
                raise PreflightError(f"the server ended with status {self.status} before it was ready")
            if self._ping(min(left, _PING_TIMEOUT)):
                return time.monotonic() - self._started
            self.wait_for_end(_PING_INTERVAL)
        raise PreflightError("the server was not ready when the time limit of the trial was up")

    def _ping(self, timeout: float) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=timeout)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], *, port: int, folder: Path, log: Path
) -> Iterator[RunningServer]:
    """Run a server until the block ends, however it ends.

    Parameters
    ----------
    command, environment, folder, log
        As of `assets.preflight.process.start`.
    port
        Where it will answer.
    """
    supervisor = start(command, environment, folder, log)
    try:
        yield RunningServer(supervisor, port, log)
    finally:
        end(supervisor)
