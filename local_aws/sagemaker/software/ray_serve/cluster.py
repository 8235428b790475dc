"""A Ray cluster of one machine, with the Ray Serve application of a model folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import ray  # type: ignore[import-not-found]  # only the environment of Ray Serve has it
import urllib3
import yaml
from ray import serve
from ray.serve._private.api import serve_start  # type: ignore[import-not-found]  # what `serve run` calls
from ray.serve.schema import ServeDeploySchema  # type: ignore[import-not-found]

from local_aws.process_registry import kill_tree

_HOST = "127.0.0.1"
_OBJECT_STORE = 100_000_000  # bytes; requests and answers travel beside it
_STARTS = 4
_TOO_SLOW = "timed out during startup"
_INTERVAL = 0.5  # seconds between two looks at the state
_UNREACHABLE = 3  # looks in a row that find no Ray Serve
_APPLICATION_VARIABLE = "SM_RAYSERVE_APP"


class NodeError(Exception):
    """Ray Serve cannot serve the folder; the text is one line."""


class Cluster:
    """Ray and Ray Serve for one model folder.

    Parameters
    ----------
    model_dir
        The unpacked tarball.
    scratch
        Where Ray keeps its sockets and logs.
    port
        Where Ray Serve answers, on 127.0.0.1.
    """

    def __init__(self, model_dir: Path, scratch: Path, port: int) -> None:
        self._model_dir = model_dir
        self._scratch = scratch
        self._port = port

    @property
    def url(self) -> str:
        """Where Ray Serve answers."""
        return f"http://{_HOST}:{self._port}"

    def start(self) -> None:
        """Start Ray and Ray Serve, and have it deploy what the folder says; that goes on after the return.

        Raises
        ------
        NodeError
            The folder says nothing, or what it says cannot be read.
        """
        config = self._config()
        self._start_ray()
        # first, as `serve start` is in the container: the options of the configuration have no effect there
        client = serve_start(http_options={"host": _HOST, "port": self._port})
        client.deploy_apps(config, _blocking=False)

    def _start_ray(self) -> None:
        """Start Ray, again where the machine is too busy for the 30 s that it gives itself."""
        for left in reversed(range(_STARTS)):
            try:
                ray.init(
                    namespace="serve",
                    num_gpus=_gpus(),
                    include_dashboard=False,
                    object_store_memory=_OBJECT_STORE,
                    _node_ip_address=_HOST,
                    _temp_dir=str(self._scratch),
                )
            except Exception as error:  # Ray raises nothing narrower
                end_children()
                if not left or _TOO_SLOW not in str(error):
                    raise NodeError(f"Ray does not start: {' '.join(str(error).split())}") from error
            else:
                return

    def wait_for_end(self) -> str:
        """Wait until Ray Serve cannot deploy what it was told to, or answers no more; return why."""
        unreachable = 0
        pool = urllib3.PoolManager(retries=False)
        while unreachable < _UNREACHABLE:
            time.sleep(_INTERVAL)
            try:
                healthy = pool.request("GET", f"{self.url}/-/healthz", timeout=5).status == 200  # noqa: PLR2004
                unreachable = 0
            except urllib3.exceptions.HTTPError:
                unreachable += 1
                continue
            if not healthy and (problem := _deployment_problem()):
                return problem
        return "Ray Serve has ended; the log says why"

    def _config(self) -> Any:
        file = self._model_dir / "config.yaml"
        application = os.environ.get(_APPLICATION_VARIABLE, "")
        try:
            if file.is_file():
                return ServeDeploySchema.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
            if application:
                single = {"name": "default", "route_prefix": "/", "import_path": application}
                return ServeDeploySchema.model_validate({"applications": [single]})
        except (OSError, ValueError, yaml.YAMLError) as error:
            reason = " ".join(str(error).split())
            raise NodeError(f"what Ray Serve is to run cannot be read: {reason}") from None
        raise NodeError(
            f"the tarball has no config.yaml, and the Model's environment no {_APPLICATION_VARIABLE}:"
            " Ray Serve has nothing to run"
        )


def end_children() -> None:
    """End what this process started, and what that started."""
    for child in psutil.Process().children():
        kill_tree(child)


def _gpus() -> int:
    """Return the number of GPUs as AWS's start counts them."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return 0
    listed = subprocess.run([program, "--list-gpus"], capture_output=True, text=True, timeout=60, check=False)
    return len(listed.stdout.splitlines()) if listed.returncode == 0 else 0


def _deployment_problem() -> str | None:
    """Return why an application cannot be deployed, None while none failed."""
    for name, application in serve.status().applications.items():
        if application.status == "DEPLOY_FAILED":
            lines = [line.strip() for line in application.message.splitlines() if line.strip()]
            # the last line of a traceback; where an exception's class lies is of no use
            reason = re.sub(r"^(\w+\.)+(?=\w+: )", "", lines[-1] if lines else "it says no reason")
            return f"Ray Serve cannot deploy the application {name}: {reason}"
    return None
