"""From settings to a server: the workers, and the web server before them."""

import contextlib
import importlib
import os
from collections.abc import Iterator
from pathlib import Path

from serving.core.options import Options
from serving.core.settings import Settings
from serving.hardware import usable_cores, visible_gpus
from serving.listener import Listener
from serving.model_process import WorkerSpec
from serving.pool import Pool


def serve(settings: Settings, listener: Listener, drain_timeout: int, packages: Path | None) -> None:
    """Load the model, answer its warm-up sample, and serve until SIGTERM or SIGINT.

    Then no connection is accepted any more, and what is in flight is finished.

    Parameters
    ----------
    settings
        What to serve.
    listener
        Where.
    drain_timeout
        Seconds that requests in flight get to finish; then they are answered with 503.
    packages
        Where the handler's requirements are installed; None where the running environment has them.

    Raises
    ------
    StartError
        The model cannot be loaded, does not answer its warm-up sample, or another server took the port
        meanwhile; or, later, a worker that ended could not be replaced.
    """
    with _workers(settings, packages) as pool:
        # only now: while uvicorn is imported, the workers load the model
        importlib.import_module("serving.web").run(pool, settings.options, listener, drain_timeout)


@contextlib.contextmanager
def _workers(settings: Settings, packages: Path | None) -> Iterator[Pool]:
    """Start the workers; they end with the block, however it ends."""
    workers, threads = sizes(settings.options)
    pool = Pool(WorkerSpec(settings.model_dir, packages, threads), settings.options, workers)
    try:
        yield pool
    finally:
        pool.kill()


def sizes(options: Options) -> tuple[int, int]:
    """Return the number of workers and of each one's threads, where nothing says otherwise by the hardware."""
    gpus = 0 if options.device == "cpu" else visible_gpus(os.environ)
    workers = options.workers or max(1, gpus)
    return workers, options.threads or max(1, usable_cores() // workers)
