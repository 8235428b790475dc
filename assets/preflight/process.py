"""A program that runs for one trial and never longer: what it started ends with it, and all of it with Slipway."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

_SUPERVISOR = Path(__file__).with_name("supervisor.py")
_SECONDS_TO_END = 2
_LAST_LINES = 20
_LOG_TAIL = 64 * 1024

# What a process needs of the machine. Nothing else is passed on: neither the user's credentials nor settings
# that the container will not have.
_PASSED_ON = ("HOME", "LANG", "LC_ALL", "PATH", "SSL_CERT_FILE", "TMPDIR", "TZ")


class RunningProcess:
    """A program that was started with `start`.

    Parameters
    ----------
    supervisor
        The process that watches over it.
    log
        The file of its output.
    """

    def __init__(self, supervisor: "subprocess.Popen[bytes]", log: Path) -> None:
        self._supervisor = supervisor
        self._log = log

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._supervisor.poll()

    def has_ended(self) -> bool:
        """Whether it runs no more."""
        return self.status is not None

    def wait_for_end(self, seconds: float) -> None:
        """Wait until it has ended, for so many seconds at most."""
        with suppress(subprocess.TimeoutExpired):
            self._supervisor.wait(seconds)

    def memory(self) -> int:
        """Return the bytes that its processes have now: PSS where the system tells it, else RSS."""
        with suppress(psutil.Error):
            processes = psutil.Process(self._supervisor.pid).children(recursive=True)
            return sum(_memory_of(process) for process in processes)
        return 0

    def last_lines(self) -> list[str]:
        """Return the end of its output."""
        with self._log.open("rb") as file:
            file.seek(max(0, self._log.stat().st_size - _LOG_TAIL))
            text = file.read().decode(errors="replace")
        return [line for line in text.splitlines() if line.strip()][-_LAST_LINES:]


def start(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
) -> "subprocess.Popen[bytes]":
    """Start a program; return the supervisor, which `end` ends.

    Parameters
    ----------
    command
        The program with its arguments.
    environment
        Its variables, beside those of the machine.
    folder
        The working directory.
    log
        The file for its output.
    """
    with log.open("wb") as output:
        # A session of its own keeps the terminal's Ctrl-C to this process, which then ends the program.
        return subprocess.Popen(
            [sys.executable, "-P", "-B", str(_SUPERVISOR), str(_SECONDS_TO_END), *command],
            cwd=folder,
            env={**_passed_on(), **environment},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def end(supervisor: "subprocess.Popen[bytes]") -> None:
    """End what `start` started, where it has not ended by itself."""
    if supervisor.stdin:
        supervisor.stdin.close()  # the supervisor's sign to end the program
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
