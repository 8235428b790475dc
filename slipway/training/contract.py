"""SageMaker's training contract: the folders, variables and arguments that a training script gets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CHANNEL = "training"
"""The channel of the data: SM_CHANNEL_TRAINING."""

_HOST = "algo-1"


@dataclass(frozen=True)
class TrainingFolders:
    """What lies under /opt/ml in a training container, here below any folder.

    Parameters
    ----------
    root
        In the place of /opt/ml.
    """

    root: Path

    @property
    def code(self) -> Path:
        """Of the script."""
        return self.root / "code"

    @property
    def model(self) -> Path:
        """What the script leaves there is the result."""
        return self.root / "model"

    @property
    def channel(self) -> Path:
        """Of the training data."""
        return self.root / "input" / "data" / CHANNEL

    @property
    def config(self) -> Path:
        """Of the files that say what the job is."""
        return self.root / "input" / "config"

    @property
    def output(self) -> Path:
        """What is kept beside the model."""
        return self.root / "output" / "data"

    @property
    def checkpoints(self) -> Path:
        """Of checkpoints."""
        return self.root / "checkpoints"


def write_config(folders: TrainingFolders, hyperparameters: Mapping[str, str]) -> None:
    """Write the files of `/opt/ml/input/config` for a job on one host.

    Notes
    -----
    Source: Amazon SageMaker AI Developer Guide, "How Amazon SageMaker AI Provides Training Information".
    """
    folders.config.mkdir(parents=True)
    resources = {"current_host": _HOST, "hosts": [_HOST], "network_interface_name": "lo"}
    channels = {CHANNEL: {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated"}}
    files = {"hyperparameters": dict(hyperparameters), "resourceconfig": resources, "inputdataconfig": channels}
    for name, content in files.items():
        (folders.config / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")


def variables(
    folders: TrainingFolders, hyperparameters: Mapping[str, str], *, job: str, cpus: int, gpus: int
) -> dict[str, str]:
    """Return the variables of a job on one host.

    Parameters
    ----------
    folders
        Of the job.
    hyperparameters
        As they were given.
    job
        Its name.
    cpus, gpus
        Of the host.

    Notes
    -----
    Source: SageMaker Training Toolkit, ENVIRONMENT_VARIABLES.md.
    """
    arguments = script_arguments(hyperparameters)
    return {
        "SM_MODEL_DIR": str(folders.model),
        "SM_CHANNELS": json.dumps([CHANNEL]),
        f"SM_CHANNEL_{CHANNEL.upper()}": str(folders.channel),
        "SM_HOSTS": json.dumps([_HOST]),
        "SM_CURRENT_HOST": _HOST,
        "SM_NUM_CPUS": str(cpus),
        "SM_NUM_GPUS": str(gpus),
        "SM_NETWORK_INTERFACE_NAME": "lo",
        "SM_INPUT_DIR": str(folders.root / "input"),
        "SM_INPUT_CONFIG_DIR": str(folders.config),
        "SM_OUTPUT_DIR": str(folders.root / "output"),
        "SM_OUTPUT_DATA_DIR": str(folders.output),
        "SM_MODULE_DIR": str(folders.code),
        "SM_MODULE_NAME": "train",
        "SM_USER_ENTRY_POINT": "train.py",
        "SM_USER_ARGS": json.dumps(arguments),
        "SM_HPS": json.dumps(dict(hyperparameters)),
        **{f"SM_HP_{name.upper()}": text for name, text in hyperparameters.items()},
        "TRAINING_JOB_NAME": job,
        "CHECKPOINT_DIR": str(folders.checkpoints),
        "PYTHONUNBUFFERED": "1",
    }


def script_arguments(hyperparameters: Mapping[str, str]) -> list[str]:
    """Write hyperparameters as a script's arguments, sorted by name, as SageMaker's training toolkit does."""
    return [
        part
        for name, value in sorted(hyperparameters.items())
        for part in (f"--{name}" if len(name) > 1 else f"-{name}", value)
    ]
