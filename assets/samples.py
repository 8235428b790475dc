"""Samples of a model: requests, and the answers that are expected to them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from assets.checkout import shown
from assets.errors import AssetError
from assets.model_folder import ModelFolder
from assets.yaml_model import read_model


@dataclass(frozen=True)
class Sample:
    """A request to the model.

    Parameters
    ----------
    name
        File name without `.yaml`.
    content_type, accept
        The request's headers.
    body
        The request's body.
    expected
        The body of the answer, where the sample says what it should be.
    tolerance
        By how much, absolutely, a number in the answer may differ.
    body_path
        The file with the body, where it lies in one of its own.
    """

    name: str
    content_type: str
    accept: str
    body: bytes
    expected: bytes | None
    tolerance: float
    body_path: Path | None = None


class _SampleFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    content_type: str = "application/json"
    accept: str = "application/json"
    body: Any = None
    body_file: str | None = None
    expected: Any = None
    expected_file: str | None = None
    tolerance: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1e-5


def load_samples(model: ModelFolder) -> list[Sample]:
    """Read the samples of `model`, `samples/<name>.yaml`, sorted by name; none is no mistake.

    Raises
    ------
    AssetError
        With the mistakes of all samples together.
    """
    samples = []
    mistakes = []
    folder = model.path / "samples"
    for path in sorted(folder.glob("*.y*ml")):
        try:
            samples.append(_read_sample(path))
        except AssetError as error:
            mistakes.append(str(error))
    if mistakes:
        raise AssetError("\n".join(mistakes))
    return samples


def _read_sample(path: Path) -> Sample:
    if path.suffix != ".yaml":
        raise AssetError(f"{shown(path)}: would not be found. Rename it to {path.stem}.yaml.")
    content = read_model(path, _SampleFile)
    body = _content(path, content, "body")
    if body is None:
        raise AssetError(f"{shown(path)}: has neither body nor body_file. Write the request in one of them.")
    return Sample(
        name=path.stem,
        content_type=content.content_type,
        accept=content.accept,
        body=body,
        expected=_content(path, content, "expected"),
        tolerance=content.tolerance,
        body_path=path.parent / content.body_file if content.body_file else None,
    )


def _content(path: Path, content: _SampleFile, key: str) -> bytes | None:
    """Return the bytes under `key`, or of the file that `<key>_file` names; None where there is neither."""
    file_name: str | None = getattr(content, f"{key}_file")
    is_inline = key in content.model_fields_set
    if file_name is not None and is_inline:
        raise AssetError(f"{shown(path)}: has both {key} and {key}_file. Keep one of them.")
    if file_name is not None:
        return _read_beside(path, f"{key}_file", file_name)
    return _encode(path, key, getattr(content, key)) if is_inline else None


def _read_beside(path: Path, key: str, file_name: str) -> bytes:
    folder = path.parent.resolve()
    file = (folder / file_name).resolve()
    if not file.is_relative_to(folder):
        raise AssetError(f"{shown(path)}: {key}: {file_name!r} lies outside {shown(folder)}. Put the file there.")
    try:
        return file.read_bytes()
    except OSError as error:
        raise AssetError(
            f"{shown(path)}: {key}: {file_name!r} cannot be read beside it: {error.strerror}. Put the file there."
        ) from error


def _encode(path: Path, key: str, value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise AssetError(
            f"{shown(path)}: {key}: is not JSON: {error}. Put it in quotes, or in a file that {key}_file names."
        ) from error
