"""From an unpacked tarball to a model that answers requests."""

import os
from pathlib import Path

import torch

# The package has another name in the tarball.
# ruff: noqa: TID252
from ..core.handler import Handler
from ..core.responder import Responder
from ..core.settings import read_settings
from ..hardware import usable_cores
from .model_thread import ModelThread


def load(model_dir: str, count: int) -> ModelThread:
    """Load the model of a folder and answer its warm-up sample.

    Parameters
    ----------
    model_dir
        The unpacked tarball.
    count
        How many replicas share the machine's cores.

    Raises
    ------
    StartError
        The model cannot be loaded, or does not answer its warm-up sample.
    """
    settings = read_settings(Path(model_dir), os.environ)
    # Ray Serve starts a replica with OMP_NUM_THREADS=1
    torch.set_num_threads(settings.options.threads or max(1, usable_cores() // count))
    return ModelThread(lambda: Responder(Handler(settings)))
