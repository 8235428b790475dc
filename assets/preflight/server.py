"""A server that runs for one trial, and never longer."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from assets.preflight.errors import PreflightError

HOST = "127.0.0.1"
_SUPERVISOR = Path(__file__).with_name("supervisor.py")
_SECONDS_TO_END = 2
_PING_TIMEOUT = 2.0  # seconds; SageMaker's limit for one answer to /ping
_PING_INTERVAL = 0.05
_LAST_LINES = 20
_LOG_TAIL = 64 * 1024

# What a process needs of the machine. Nothing else is passed on: neither the user's credentials nor settings
# that the container will not have.
_PASSED_ON = ("HOME", "LANG", "LC_ALL", "PATH", "SSL_CERT_FILE", "TMPDIR", "TZ")


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class RunningServer:
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
        self._supervisor = supervisor
        self.port = port
        self._log = log
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
                raise PreflightError(
                    f"the server ended with status {self._supervisor.returncode} before it was ready"
                )
            if self._ping(min(left, _PING_TIMEOUT)):
                return time.monotonic() - self._started
            self.wait_for_end(_PING_INTERVAL)
        raise PreflightError("the server was not ready when the time limit of the trial was up")

    def has_ended(self) -> bool:
        """Whether the server runs no more."""
        return self._supervisor.poll() is not None

    def wait_for_end(self, seconds: float) -> None:
        """Wait until the server has ended, for so many seconds at most."""
        with suppress(subprocess.TimeoutExpired):
            self._supervisor.wait(seconds)

    def memory(self) -> int:
        """Return the bytes that the server's processes have now: PSS where the system tells it, else RSS."""
        with suppress(psutil.Error):
            processes = psutil.Process(self._supervisor.pid).children(recursive=True)
            return sum(_memory_of(process) for process in processes)
        return 0

    def last_lines(self) -> list[str]:
        """Return the end of the server's output."""
        with self._log.open("rb") as file:
            file.seek(max(0, self._log.stat().st_size - _LOG_TAIL))
            text = file.read().decode(errors="replace")
        return [line for line in text.splitlines() if line.strip()][-_LAST_LINES:]

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
    command
        The program with its arguments.
    environment
        Its variables, beside those of the machine.
    port
        Where it will answer.
    folder
        The working directory.
    log
        The file for its output.
    """
    with log.open("wb") as output:
        # A session of its own keeps the terminal's Ctrl-C to this process, which then ends the server.
        supervisor = subprocess.Popen(
            [sys.executable, "-P", "-B", str(_SUPERVISOR), str(_SECONDS_TO_END), *command],
            cwd=folder,
            env={**_passed_on(), **environment},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield RunningServer(supervisor, port, log)
    finally:
        _end(supervisor)


def _end(supervisor: "subprocess.Popen[bytes]") -> None:
    if supervisor.stdin:
        supervisor.stdin.close()  # the supervisor's sign to end the server
    try:
        supervisor.wait(2 * _SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        os.killpg(supervisor.pid, signal.SIGKILL)
        supervisor.wait()


def _passed_on() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED_ON or name.startswith("PIP_") or name.lower().endswith("_proxy")
    }


def _memory_of(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))
    except psutil.AccessDenied:
        with suppress(psutil.Error):
            return int(process.memory_info().rss)
    except psutil.Error:
        pass  # it ended meanwhile
    return 0
