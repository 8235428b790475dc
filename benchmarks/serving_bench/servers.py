"""Starts the servers, each on 127.0.0.1, and ends them with all that they started."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import psutil

from assets.checkout import ROOT
from benchmarks.serving_bench.client import Request
from benchmarks.torchserve.server import TorchServe, free_port

_HOST = "127.0.0.1"
_INTERVAL = 0.005  # seconds between two tries of a first request
_FIRST_ANSWER = 600.0  # seconds, with which Ray Serve can also make its environment
_GRACE = 30.0


@dataclass(frozen=True)
class Server:
    """A server that answers.

    Parameters
    ----------
    port
        Where.
    pid
        The process that started all others of it.
    started_in
        Seconds from the start of that process to the first answer.
    """

    port: int
    pid: int
    started_in: float

    def processes(self) -> list[psutil.Process]:
        """Return its processes."""
        leader = psutil.Process(self.pid)
        return [leader, *leader.children(recursive=True)]

    def memory(self) -> float:
        """Return what its processes have resident, in MB (RSS: what two of them share counts twice)."""
        return sum(process.memory_info().rss for process in self.processes()) / 1e6


@contextlib.contextmanager
def slim(folder: Path, request: Request, log: Path) -> Iterator[Server]:
    """Start the slim server on an unpacked tarball; its log goes into a file."""
    with _process([sys.executable, "-m", "serving"], folder, request, log) as server:
        yield server


@contextlib.contextmanager
def ray_serve(folder: Path, request: Request, log: Path) -> Iterator[Server]:
    """Start Ray Serve, with an adapter as AWS's in front, on an unpacked tarball."""
    command = [sys.executable, "-m", "local_aws.sagemaker.software.ray_serve"]
    with _process([*command, "--packages-dir", str(folder.parent / "packages")], folder, request, log) as server:
        yield server


@contextlib.contextmanager
def torchserve(python: Path, folder: Path, request: Request) -> Iterator[Server]:
    """Start TorchServe on an unpacked tarball."""
    with TorchServe(python, folder) as started:
        seconds = _first_answer(started.port, request, started.started_at, started.is_running)
        yield Server(started.port, started.pid, seconds)


@contextlib.contextmanager
def _process(command: list[str], folder: Path, request: Request, log: Path) -> Iterator[Server]:
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SAGEMAKER_")}
    environment["PYTHONPATH"] = str(ROOT)
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*command, "--model-dir", str(folder), "--host", _HOST, "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            seconds = _first_answer(port, request, began, lambda: process.poll() is None, log)
            yield Server(port, process.pid, seconds)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
                process.kill()
                process.wait()


def _first_answer(
    port: int, request: Request, began: float, is_running: Callable[[], bool], log: Path | None = None
) -> float:
    """Ask until the server answers, and return the seconds that it took."""
    while not _answers(port, request):
        if not is_running() or time.perf_counter() - began > _FIRST_ANSWER:
            sys.exit(f"the server did not come up: {log.read_text()[-4000:] if log else 'see above'}")
        time.sleep(_INTERVAL)
    return time.perf_counter() - began


def _answers(port: int, request: Request) -> bool:
    connection = http.client.HTTPConnection(_HOST, port, timeout=60)
    try:
        connection.request("POST", "/invocations", request.body, request.headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return answer.status == HTTPStatus.OK
