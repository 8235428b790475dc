"""Files that model.yaml names: ready weights, and artifacts beside them."""

import os
import zipfile
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from assets.checkout import shown
from assets.errors import AssetError
from assets.manifest import ModelFile, ModelFormat
from assets.model_folder import ModelFolder
from assets.source_files import FileState, SourceFile
from assets.user_paths import user_path


def ready_weights(model: ModelFolder) -> SourceFile | None:
    """Return the file that `weights` of model.yaml names, None where it names none.

    Raises
    ------
    AssetError
        The file is not there, or is no plain file.
    """
    weights = model.settings.weights
    return None if weights is None else _source_file(model, "weights", weights)


def describe_weights(file: SourceFile) -> ModelFile:
    """Say which member ready weights become, and what they are; of the file, only a zip's directory is read."""
    return ModelFile(file=f"model{file.path.suffix}", format=_format(file.path))


def artifacts(model: ModelFolder, taken: Collection[str]) -> dict[str, SourceFile]:
    """Return the files that `artifacts` of model.yaml names, by their names in the tarball.

    Parameters
    ----------
    model
        The model folder.
    taken
        The members that the top of the tarball holds already.

    Raises
    ------
    AssetError
        A file is not there, is no plain file, or has a name that is taken.
    """
    found: dict[str, SourceFile] = {}
    for index, text in enumerate(model.settings.artifacts):
        key = f"artifacts.{index}"
        file = _source_file(model, key, text)
        name = PurePosixPath(text).name
        if name in found or name in taken or name == "code":
            raise AssetError(
                f"{shown(model.path / 'model.yaml')}: {key}: the top of the tarball holds another {name}. "
                "Give the file another name."
            )
        found[name] = file
    return found


def _source_file(model: ModelFolder, key: str, text: str) -> SourceFile:
    place = f"{shown(model.path / 'model.yaml')}: {key}"
    if "\0" in text:
        raise AssetError(f"{place}: {text!r} is no path. Correct it.")
    path = Path(os.path.realpath(model.path / user_path(text)))
    if not path.is_file():
        what = "is no plain file" if path.exists() else "is not there"
        raise AssetError(f"{place}: {shown(path)} {what}. Put the file there, or correct the path.")
    inside = path.is_relative_to(model.path)
    name = path.relative_to(model.path).as_posix() if inside else str(path)
    return SourceFile(name=name, path=path, state=FileState.of(path.stat()))


def _format(path: Path) -> ModelFormat | None:
    try:
        with zipfile.ZipFile(path) as archive:
            records = {name.partition("/")[2] or name for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile):
        return None
    if "archive_format" in records or "serialized_exported_program.json" in records:
        return "torch-export"
    if "constants.pkl" in records:
        return "torchscript"
    return "torch-save" if "data.pkl" in records else None
