"""One TorchServe on 127.0.0.1: started as the toolkit starts it in AWS's container, and ended as a whole."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

HOST = "127.0.0.1"
_CONFIGURATION = Path(__file__).with_name("configuration.py")
_INTERVAL = 0.02  # seconds between two looks at the state
_GRACE = 20.0  # seconds for an orderly end
_AS_THE_STACK_SETS = {"SAGEMAKER_MODEL_SERVER_WORKERS": "1", "SAGEMAKER_TS_RESPONSE_TIMEOUT": "60"}


class TorchServeFailedError(Exception):
    """TorchServe did not come up; the text has the end of its log."""


class TorchServe:
    """A server of one model directory; a context manager, at whose end no process and no file is left.

    Parameters
    ----------
    python
        That of `environment`.
    model_dir
        The unpacked tarball.
    port
        Where it answers; 0 takes a free one.
    environment
        Variables beside those that Slipway's stack sets for AWS's container.
    """

    def __init__(
        self, python: Path, model_dir: Path, port: int = 0, environment: Mapping[str, str] | None = None
    ) -> None:
        self._python = python
        self._model_dir = model_dir.resolve()
        self.port = port or free_port()
        self._environment = dict(environment or {})
        # short, because TorchServe makes Unix sockets in it; one for each server, because it keeps its pid there
        self._folder = Path(tempfile.mkdtemp(prefix="ts-", dir="/tmp"))
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None
        self.started_at = 0.0
        """When the process was started, after its configuration, in seconds of `time.perf_counter`."""

    @property
    def pid(self) -> int:
        """The process that started all others."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What it has written."""
        return (self._folder / "log").read_text(errors="replace")

    def __enter__(self) -> Self:
        """Start it; `wait_ready` waits until it answers."""
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self._end()

    def wait_ready(self, seconds: float = 120) -> None:
        """Wait until the model's worker is ready; /ping would say so before.

        Raises
        ------
        TorchServeFailedError
            It ended, or is not ready in time.
        """
        end = time.monotonic() + seconds
        while not self._is_ready():
            if not self.is_running() or time.monotonic() > end:
                raise TorchServeFailedError(f"TorchServe is not ready:\n{self.log[-4000:]}")
            time.sleep(_INTERVAL)

    def is_running(self) -> bool:
        """Whether the process that was started still is."""
        return self._process is not None and self._process.poll() is None

    def _start(self) -> None:
        base, store, config = self._folder / "ml", self._folder / "store", self._folder / "config"
        base.mkdir()
        store.mkdir()
        (base / "model").symlink_to(self._model_dir)
        environment = self._variables(base)
        told = subprocess.run(
            [str(self._python), "-P", str(_CONFIGURATION), str(config)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if told.returncode:
            raise TorchServeFailedError(f"TorchServe cannot be configured:\n{told.stderr}")
        places = json.loads(told.stdout)
        self._output = (self._folder / "log").open("wb")
        self.started_at = time.perf_counter()
        self._process = subprocess.Popen(
            [
                *(str(self._python.with_name("torchserve")), "--start", "--foreground", "--ncs"),
                *("--model-store", str(store), "--ts-config", str(config), "--log-config", places["log"]),
                *("--models", f"model={base / 'model'}"),
            ],
            cwd=self._folder,  # it writes its logs there
            env={**environment, "JAVA_HOME": places["java"]},
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            process_group=0,
        )

    def _variables(self, base: Path) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SAGEMAKER_", "TS_"))}
        return {
            **kept,
            **_AS_THE_STACK_SETS,
            "SAGEMAKER_BASE_DIR": str(base),
            "SAGEMAKER_BIND_TO_PORT": str(self.port),
            "TEMP": str(self._folder),
            "TMPDIR": str(self._folder),
            "PATH": f"{self._python.parent}{os.pathsep}{kept['PATH']}",
            "PYTHONPATH": f"{base}/model/code",  # as the toolkit's own start sets it
            **self._environment,
        }

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", "/models/model")
            described = json.load(connection.getresponse())
            workers = described[0]["workers"]
            return bool(workers) and all(worker["status"] == "READY" for worker in workers)
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            return False
        finally:
            connection.close()

    def _end(self) -> None:
        if self._process is not None:
            # the whole group: the frontend in Java, and its workers in Python, which outlive it
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_GRACE)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._output is not None:
            self._output.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
