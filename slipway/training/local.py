"""A training in a process on this machine, with the folders and variables of SageMaker's training container."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from serving.hardware import usable_cores, visible_gpus
from slipway.errors import CommandError
from slipway.training.contract import TrainingFolders, script_arguments, variables, write_config
from slipway.training.request import SCRIPT, TrainingRequest

_SECONDS_TO_END = 120  # as SageMaker leaves a stopped job (SageMaker API, StopTrainingJob)


def train_here(request: TrainingRequest, job: str, folder: Path, say: Callable[[str], None]) -> Path:
    """Train, and return the folder of the results.

    What the script writes goes to stderr. Ctrl-C asks it to end, as SageMaker does, and ends it after two minutes.

    Parameters
    ----------
    request
        What is to be trained.
    job
        The job's name.
    folder
        Gets the folders that lie under /opt/ml in a training container; there is none yet.
    say
        Hears of the steps.

    Raises
    ------
    CommandError
        The script failed.
    """
    folders = TrainingFolders(folder)
    _lay_out(request, folders)
    own = variables(folders, request.hyperparameters, job=job, cpus=usable_cores(), gpus=visible_gpus(os.environ))
    command = [sys.executable, "-B", SCRIPT, *script_arguments(request.hyperparameters)]
    say(f"training {request.model.name} in {folder}")
    status = _run(command, folders.code, {**_users_own(), **own}, say)
    if status:
        ended = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        raise CommandError(f"The training {ended}: its last lines above say why")
    return folders.model


def _users_own() -> dict[str, str]:
    """Return the user's variables without another job's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SM_")}


def _lay_out(request: TrainingRequest, folders: TrainingFolders) -> None:
    for made in (folders.code, folders.model, folders.output, folders.checkpoints, folders.channel.parent):
        made.mkdir(parents=True)
    folders.channel.symlink_to(request.data)
    for name, file in request.source.items():
        target = folders.code / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.path, target)
    write_config(folders, request.hyperparameters)


def _run(command: list[str], folder: Path, environment: dict[str, str], say: Callable[[str], None]) -> int:
    # A session of its own keeps the terminal's Ctrl-C to this process, which passes it on.
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=2, start_new_session=True
    )
    try:
        return process.wait()
    except BaseException:
        say("ending the training")
        raise
    finally:
        if process.poll() is None:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_SECONDS_TO_END)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
