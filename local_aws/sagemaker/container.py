"""A container of an endpoint: the serving software as a process of its own on 127.0.0.1."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import urllib3

from local_aws.process_environment import NO_PACKAGES, passed_on
from local_aws.process_registry import ProcessRegistry, kill_tree, session_members, started_at
from local_aws.sagemaker.container_logs import ContainerLogs
from local_aws.sagemaker.software.choice import SLIM, Software

_HOST = "127.0.0.1"
_PING_TIMEOUT = 2.0  # seconds; SageMaker's limit for one answer to /ping
_PING_INTERVAL = 0.1
_STOP_TIMEOUT = 30.0  # seconds between SIGTERM and SIGKILL, as SageMaker gives
_CHECKOUT = Path(__file__).resolve().parents[2]


class ContainerError(Exception):
    """The container did not come up; the text is for the endpoint's FailureReason."""


@dataclass(frozen=True)
class ContainerSpec:
    """What a container is started from.

    Parameters
    ----------
    variant_name
        The production variant, for messages.
    model_dir
        The unpacked tarball, ``/opt/ml/model`` on AWS.
    packages_dir
        Where code/requirements.txt is installed, shared by its digest.
    environment
        The environment variables of the Model.
    startup_timeout
        Seconds until /ping has to answer 200.
    software
        What serves it.
    isolated
        Whether the Model has EnableNetworkIsolation: nothing can be installed at the start.
    """

    variant_name: str
    model_dir: Path
    packages_dir: Path
    startup_timeout: float
    environment: dict[str, str] = field(default_factory=dict)
    software: Software = SLIM
    isolated: bool = False


class Container:
    """Starts the serving process; ``wait_until_ready`` and ``stop`` take it through its life.

    Parameters
    ----------
    spec
        What it is started from.
    registry
        Where the process is remembered.
    """

    def __init__(self, spec: ContainerSpec, registry: ProcessRegistry) -> None:
        self._spec = spec
        self._registry = registry
        self.port = _free_port()
        self._process = subprocess.Popen(
            spec.software.command(spec.model_dir, spec.packages_dir, _HOST, self.port),
            cwd=spec.model_dir,
            env=_environment(spec.environment, isolated=spec.isolated),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._started = started_at(self._process.pid)
        registry.add(self._process.pid)
        self._logs: ContainerLogs | None = None
        self._stopping = threading.Lock()

    @property
    def url(self) -> str:
        """Where the container answers."""
        return f"http://{_HOST}:{self.port}"

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def output(self) -> subprocess.Popen[bytes]:
        """The process, whose ``stdout`` is the container's output."""
        return self._process

    def attach(self, logs: ContainerLogs) -> None:
        """Remember who copies the output, to quote its last lines and to finish it at the end."""
        self._logs = logs

    def wait_until_ready(self) -> None:
        """Wait until /ping answers 200.

        Raises
        ------
        ContainerError
            When the process ends before, or the time is up; with the container's last error.
        """
        deadline = time.monotonic() + self._spec.startup_timeout
        pool = urllib3.PoolManager(retries=False)
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                if pool.request("GET", f"{self.url}/ping", timeout=_PING_TIMEOUT).status == 200:  # noqa: PLR2004
                    return
            except urllib3.exceptions.HTTPError:
                pass
            self._wait(_PING_INTERVAL)
        said_last = self._last_line() if self._process.poll() is None else None
        self.stop()
        raise ContainerError(self._failure_reason(said_last or self._last_line()))

    def wait_for_end(self) -> None:
        """Wait until the process has ended, by itself or by ``stop``."""
        self._process.wait()

    def stop(self) -> None:
        """End the process: SIGTERM, then SIGKILL for whatever of it and its children did not listen."""
        with self._stopping:
            if self._process.poll() is None:
                _signal_group(self._process.pid, signal.SIGTERM)
                self._wait(_STOP_TIMEOUT)
            for survivor in session_members(self._process.pid, self._started):
                kill_tree(survivor)
            self._process.wait()
            self._registry.remove(self._process.pid)
        if self._logs:
            self._logs.finish()

    def _wait(self, seconds: float) -> None:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return

    def _last_line(self) -> str | None:
        lines = self._logs.last_lines if self._logs else []
        return next((line for line in reversed(lines) if line.strip()), None)

    def _failure_reason(self, said_last: str | None) -> str:
        """Return AWS's sentence, followed by what the container said last."""
        reason = (
            f"The primary container for production variant {self._spec.variant_name} did not pass the ping"
            " health check. Please check CloudWatch logs for this endpoint."
        )
        return f"{reason} The container's last output: {said_last}" if said_last else reason


def _environment(of_the_model: dict[str, str], *, isolated: bool) -> dict[str, str]:
    own = {"PYTHONPATH": str(_CHECKOUT), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return {**passed_on(), **of_the_model, **own, **(NO_PACKAGES if isolated else {})}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return
