"""YAML files of a model folder, read into pydantic models with all mistakes reported together."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from assets.checkout import shown
from assets.errors import AssetError
from assets.mistakes import mistakes
from assets.yaml_file import read_mapping

Model = TypeVar("Model", bound=BaseModel)


def read_model(path: Path, model: type[Model]) -> Model:
    """Read the mapping in the YAML file `path` as `model`.

    Raises
    ------
    AssetError
        With one line per mistake: the file, the key, what is wrong and what is allowed.
    """
    document = read_mapping(path)
    try:
        return model.model_validate(document)
    except ValidationError as error:
        found = mistakes(error, model, document)
        raise AssetError("\n".join(f"{shown(path)}: {key}: {problem}" for key, problem in found)) from error
