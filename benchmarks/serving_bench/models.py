"""What the servers are given: packed by Slipway, and unpacked as SageMaker would."""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path

from assets import checkout
from assets.model_folder import find_model
from assets.package import package

_HANDLER = Path(__file__).with_name("inference.py")


def unpacked(model: str, parent: Path, *, handler: bool = False) -> Path:
    """Pack a model of model_code/ and unpack its tarball.

    Parameters
    ----------
    model
        Its name.
    parent
        Where to.
    handler
        Whether the tarball gets `inference.py` of this folder; the model itself has none.

    Returns
    -------
    Path
        The unpacked tarball.
    """
    target = parent / (f"{model}-handler" if handler else model)
    if not handler:
        tarball = package(find_model(model)).path
        _unpack(tarball, target)
        return target
    source = parent / f"{model}-source"
    shutil.copytree(checkout.MODEL_CODE / model, source)
    shutil.copy(_HANDLER, source / "inference.py")
    folder = find_model(str(source))
    try:
        _unpack(package(folder).path, target)
    finally:  # nothing of a model that lies in a temporary folder may stay
        for made in checkout.STATE.glob(f"*/{folder.state_name}*"):
            shutil.rmtree(made) if made.is_dir() else made.unlink()
    return target


def with_settings(folder: Path, name: str, serving: Mapping[str, object]) -> Path:
    """Copy an unpacked tarball, with other settings in the section `serving` of its `serving.json`.

    Parameters
    ----------
    folder
        The unpacked tarball.
    name
        Of the copy, beside it.
    serving
        Keys that are set or replaced.
    """
    copy = folder.with_name(f"{folder.name}-{name}")
    shutil.copytree(folder, copy)
    file = copy / "serving.json"
    content = json.loads(file.read_text())
    content["serving"] = {**(content.get("serving") or {}), **serving}
    file.write_text(json.dumps(content))
    return copy


def _unpack(tarball: Path, target: Path) -> None:
    with tarfile.open(tarball) as archive:
        archive.extractall(target, filter="data")
