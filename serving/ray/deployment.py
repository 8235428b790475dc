"""The Ray Serve application of one unpacked tarball."""

import os
from pathlib import Path
from typing import Any

import ray  # type: ignore[import-not-found]  # only the container has it
from ray import serve

# The package has another name in the tarball.
# ruff: noqa: TID252
from ..core import logs
from ..core.errors import StartError, described, one_line
from ..core.settings import read_settings
from .replica import Replica, log_start_failure
from .scale import RaySettings, deployment_options, replica_gpus, replicas

_NAME = "model"


def application(model_dir: Path, settings: dict[str, Any]) -> serve.Application:
    """Load the model once, in a process of its own, and return what Ray Serve is to run.

    Ray Serve makes a route, and its health check turns healthy, as soon as this returns: before any replica has
    loaded the model.

    Parameters
    ----------
    model_dir
        The unpacked tarball.
    settings
        The fields of `RaySettings`.

    Raises
    ------
    StartError
        The model cannot be loaded, or the instance has not what its settings ask for.
    """
    options = read_settings(model_dir, os.environ).options
    chosen = RaySettings(**settings)
    gpus = ray.cluster_resources().get("GPU", 0)
    each = replica_gpus(options, chosen, gpus)
    count = replicas(options, each, gpus)
    _load_once(model_dir, count, each)
    deployment = serve.deployment(name=_NAME, **deployment_options(options, chosen, count, each))(Replica)
    return deployment.bind(str(model_dir), count)


def _load_once(model_dir: Path, count: int, gpus: float) -> None:
    # a task, so that Ray hands it the GPUs that a replica gets; the builder itself sees none
    trial = ray.remote(num_cpus=0, num_gpus=gpus, max_retries=0, max_calls=1)(_try)
    try:
        problem = ray.get(trial.remote(str(model_dir), count))
    except ray.exceptions.RayError as error:
        problem = f"the process that loaded the model ended: {one_line(str(error))}"
    if problem:
        raise StartError(problem)


def _try(model_dir: str, count: int) -> str | None:
    """Return why the model cannot be loaded, as text: a user's exception may not travel between processes."""
    from .loading import load  # noqa: PLC0415 - torch, which the builder has no use for

    logs.configure()
    try:
        load(model_dir, count)
    except Exception as error:  # noqa: BLE001 - whatever it is, the model is not loaded
        log_start_failure(error)
        return str(error) if isinstance(error, StartError) else described(error)
    return None
