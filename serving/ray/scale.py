"""How many replicas serve a model, and what Ray Serve grants each."""

from dataclasses import dataclass
from typing import Any

# The package has another name in the tarball.
# ruff: noqa: TID252
from ..core.errors import StartError
from ..core.options import Options

_DEFAULT_BATCH = 32  # what the core takes together where it is free to choose
_LEAST_ONGOING = 8


@dataclass(frozen=True)
class RaySettings:
    """What is Ray Serve's alone; the rest is the section `serving` of `serving.json`.

    Parameters
    ----------
    num_gpus
        GPUs of one replica on an instance that has any, such as 0.5 for two replicas on each; None for 1.
    max_ongoing_requests
        Requests that one replica holds, those that wait in it included; None for twice its batch.
    max_queued_requests
        Requests that wait for a replica, answered 503 beyond; None for `queue_size` of the section `serving`.
    health_check_period_s, health_check_timeout_s
        How often Ray Serve asks a replica for its health, and how long it waits for the answer, in seconds.
    """

    num_gpus: float | None = None
    max_ongoing_requests: int | None = None
    max_queued_requests: int | None = None
    health_check_period_s: float = 5.0
    health_check_timeout_s: float = 30.0


def replica_gpus(options: Options, settings: RaySettings, gpus: float) -> float:
    """Return the GPUs of one replica.

    Parameters
    ----------
    options, settings
        Of the model.
    gpus
        What the instance has.

    Raises
    ------
    StartError
        More are asked for than there are: Ray Serve would wait for them for ever.
    """
    if options.device == "cpu" or not gpus:
        return 0
    wanted = 1 if settings.num_gpus is None else settings.num_gpus
    if wanted > gpus:
        raise StartError(
            f"ray_serve.num_gpus in model.yaml is {wanted:g}, but this instance has {gpus:g};"
            " lower it, or choose an instance type with more GPUs"
        )
    return wanted


def replicas(options: Options, each: float, gpus: float) -> int:
    """Return how many replicas run: what `workers` says, else as many as the GPUs hold, else one.

    Parameters
    ----------
    options
        Of the model.
    each
        GPUs of one replica.
    gpus
        What the instance has.

    Raises
    ------
    StartError
        The GPUs do not suffice for so many.
    """
    # a replica cannot have parts of several GPUs, and a fraction such as 0.1 is no exact number
    fit = int(gpus) * max(1, int(1 / each + 1e-9)) if 0 < each < 1 else int(gpus // each) if each else None
    if options.workers is None:
        return 1 if fit is None else fit
    if fit is not None and options.workers > fit:
        raise StartError(
            f"serving.workers in model.yaml is {options.workers}, but the {gpus:g} GPUs of this instance hold"
            f" {fit} replicas of {each:g}; lower it or ray_serve.num_gpus"
        )
    return options.workers


def deployment_options(options: Options, settings: RaySettings, count: int, each: float) -> dict[str, Any]:
    """Return the options of the Ray Serve deployment.

    A replica asks for no CPU: where there are few, Ray Serve would wait for them for ever, behind a healthy /ping.

    Parameters
    ----------
    options, settings
        Of the model.
    count
        How many replicas run.
    each
        GPUs of one replica.
    """
    batch = options.batch.max_size or _DEFAULT_BATCH
    ongoing = settings.max_ongoing_requests
    queued = settings.max_queued_requests
    return {
        "num_replicas": count,
        "max_ongoing_requests": max(2 * batch, _LEAST_ONGOING) if ongoing is None else ongoing,
        "max_queued_requests": options.queue_size if queued is None else queued,
        "health_check_period_s": settings.health_check_period_s,
        "health_check_timeout_s": settings.health_check_timeout_s,
        "ray_actor_options": {"num_cpus": 0, "num_gpus": each},
        # the core logs each request as it is asked to
        "logging_config": {"enable_access_log": False},
    }
