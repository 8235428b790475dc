"""A model folder: `model.py`, the handler, `model.yaml` and whatever they need."""

import hashlib
import os
import reprlib
from dataclasses import dataclass
from pathlib import Path

from assets import checkout
from assets.checkout import shown
from assets.errors import AssetError
from assets.model_settings import ModelSettings
from assets.nearest import nearest
from assets.user_paths import user_path
from assets.yaml_model import read_model


@dataclass(frozen=True)
class ModelFolder:
    """A model that can be packaged.

    Parameters
    ----------
    name
        The folder's name.
    path
        The folder, absolute and without links.
    settings
        What its `model.yaml` says.
    """

    name: str
    path: Path
    settings: ModelSettings

    @property
    def state_name(self) -> str:
        """The name of this model's folders under `.slipway`: models of one name in two places share nothing.

        A model inside the checkout is told apart by its place in it, so that a moved checkout keeps its
        packages.
        """
        inside = self.path.is_relative_to(checkout.ROOT)
        place = self.path.relative_to(checkout.ROOT) if inside else self.path
        digest = hashlib.sha256(os.fsencode(place.as_posix())).hexdigest()
        return f"{self.name}-{digest[:8]}"


def find_model(name_or_path: str) -> ModelFolder:
    """Find a model by its name in `model_code/` or by the path of its folder.

    A name in `model_code/` wins over a folder of that name in the working directory.

    Raises
    ------
    AssetError
        There is no such folder, or its `model.yaml` is wrong.
    """
    by_path = user_path(name_or_path)
    by_name = checkout.MODEL_CODE / name_or_path if name_or_path in _model_names() else None
    folder = by_name or by_path
    try:
        is_folder = bool(name_or_path) and folder.is_dir()
    except OSError as error:
        raise AssetError(f"{reprlib.repr(name_or_path)} is no model folder: {error.strerror}.") from error
    if not is_folder:
        raise AssetError(_not_found(name_or_path, by_path))
    settings_path = folder / "model.yaml"
    settings = read_model(settings_path, ModelSettings) if settings_path.exists() else ModelSettings()
    path = folder.resolve()
    return ModelFolder(name=name_or_path if by_name else path.name, path=path, settings=settings)


def _not_found(name_or_path: str, by_path: Path) -> str:
    if name_or_path and by_path.is_file():
        return (
            f"{name_or_path} is a file: name the model folder that holds it, {shown(by_path.absolute().parent)}."
        )
    names = _model_names()
    match = nearest(by_path.name, names)
    where = shown(checkout.MODEL_CODE)
    if match:
        mend = f"Did you mean {match}?"
    elif names:
        mend = f"The models in {where} are: {', '.join(names)}."
    else:
        mend = f"{where} holds no model yet: make a folder in it with a model.py."
    return f"{name_or_path!r} is neither a model in {where} nor the path of a model folder. {mend}"


def _model_names() -> list[str]:
    if not checkout.MODEL_CODE.is_dir():
        return []
    folders = (entry for entry in checkout.MODEL_CODE.iterdir() if entry.is_dir())
    return sorted(folder.name for folder in folders if not folder.name.startswith((".", "_")))
