"""What is to be trained: the script with what it needs, its data and its hyperparameters."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from assets.checkout import shown
from assets.contents import code_files
from assets.model_folder import ModelFolder
from assets.python_imports import follow_imports
from assets.source_files import SourceFile, list_files
from slipway.errors import CommandError

SCRIPT = "train.py"
"""The file of a model folder that trains its model."""

TRAINED = "trained"
"""The folder of a model folder that gets what the script left in SM_MODEL_DIR."""

_RESULT = "SM_MODEL_DIR"
_RESULT_ON_AWS = "/opt/ml/model"  # its value there (SageMaker Training Toolkit, ENVIRONMENT_VARIABLES.md)
_MOST_IN_A_NAME = 63  # SageMaker API, TrainingJobName
_MOST_IN_A_HYPERPARAMETER = 256  # SageMaker API, HyperParameterKey; its value may have 2500 characters
_MOST_IN_A_VALUE = 2500
_OWN_PREFIX = "sagemaker_"  # what SageMaker's training toolkit is told itself


@dataclass(frozen=True)
class TrainingRequest:
    """One training.

    Parameters
    ----------
    model
        The model folder.
    source
        The script and what it needs, by name.
    data
        The folder with the training data.
    data_files
        The files in it, by name; the order is that of the names.
    hyperparameters
        What the script gets as arguments.
    """

    model: ModelFolder
    source: Mapping[str, SourceFile]
    data: Path
    data_files: Mapping[str, SourceFile]
    hyperparameters: Mapping[str, str] = field(default_factory=dict)


def training_request(model: ModelFolder, data: Path, hyperparameters: Sequence[str]) -> TrainingRequest:
    """Look up everything that a training needs.

    Parameters
    ----------
    model
        The model folder.
    data
        The folder with the training data.
    hyperparameters
        Each as `name=value`.

    Raises
    ------
    CommandError
        The model has no train.py or one that leaves nothing in SM_MODEL_DIR, there is no data, or a hyperparameter
        is none.
    AssetError
        The script, or a module that it imports, is not valid Python.
    """
    files = list_files(model.path, model.settings.include)
    if SCRIPT not in files:
        raise CommandError(f"{shown(model.path)} has no {SCRIPT}, which is the script that trains a model")
    settings = model.settings
    names = code_files(files, follow_imports(files, SCRIPT), ignore=settings.ignore, include=settings.include)
    source = {name: files[name] for name in names if not name.startswith(f"{TRAINED}/")}
    _refuse_without_result(model, source)
    return TrainingRequest(
        model=model,
        source=source,
        data=data.absolute(),
        data_files=_data_files(data),
        hyperparameters=_parsed(hyperparameters),
    )


def job_name(prefix: str, model: str, now: datetime | None = None) -> str:
    """Name a training job after its model and the time, to the second.

    Parameters
    ----------
    prefix
        Of the environment's names.
    model
        The model's name.
    now
        The time; by default now.
    """
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%d-%H%M%S")
    words = re.sub("[^a-zA-Z0-9]+", "-", f"{prefix}-{model}")[: _MOST_IN_A_NAME - len(stamp) - 1]
    return f"{words.strip('-')}-{stamp}"


def _refuse_without_result(model: ModelFolder, source: Mapping[str, SourceFile]) -> None:
    """Refuse a script that would train to the end for nothing; any file that comes with it may name the place."""
    if not any(_mentions_result(name, file) for name, file in source.items()):
        script = shown(model.path / SCRIPT)
        raise CommandError(
            f"{script} never mentions {_RESULT}, from where `slipway train` takes the result: run it directly, "
            f"python {script}, or have it save its weights there"
        )


def _mentions_result(name: str, file: SourceFile) -> bool:
    content = file.path.read_bytes()
    return _RESULT.encode() in content or (name.endswith(".py") and _RESULT_ON_AWS.encode() in content)


def _data_files(data: Path) -> dict[str, SourceFile]:
    if not data.is_dir():
        raise CommandError(f"--data: {data} is no folder; give the one with the training data")
    found = list_files(data.resolve())
    if not found:
        raise CommandError(f"--data: there is no file in {data}")
    return found


def _parsed(hyperparameters: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in hyperparameters:
        name, separator, value = text.partition("=")
        if not separator or not re.fullmatch("[A-Za-z][A-Za-z0-9_-]*", name):
            raise CommandError(f"--hyperparameter: {text!r} is not name=value, as in epochs=20")
        if name in found:
            raise CommandError(f"--hyperparameter: {name!r} is given twice")
        if name.startswith(_OWN_PREFIX):
            raise CommandError(
                f"--hyperparameter: {name!r}: names that start with {_OWN_PREFIX} are SageMaker's own"
            )
        if len(name) > _MOST_IN_A_HYPERPARAMETER or len(json.dumps(value)) > _MOST_IN_A_VALUE:
            raise CommandError(
                f"--hyperparameter: {name[:40]!r} is too long; SageMaker allows {_MOST_IN_A_HYPERPARAMETER} "
                f"characters of a name and {_MOST_IN_A_VALUE} of a value"
            )
        found[name] = value
    return found
