"""What a training leaves: the files of SM_MODEL_DIR, put into the model folder as a whole."""

from __future__ import annotations

import shutil
import tarfile
import uuid
from pathlib import Path

from assets.checkout import shown
from slipway.errors import CommandError


def unpack(tarball: Path, folder: Path) -> None:
    """Unpack the model.tar.gz of a training job into a folder; nothing in it leads out of that.

    Raises
    ------
    CommandError
        It is no whole tarball, or has a member that belongs elsewhere.
    """
    folder.mkdir(parents=True)
    try:
        with tarfile.open(tarball, "r:gz") as archive:
            archive.extractall(folder, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise CommandError(f"What the training job left cannot be unpacked: {error}") from error


def put_in_place(made: Path, place: Path) -> None:
    """Put a folder of results in the place of the ones before.

    It is copied beside its place and renamed, so that one which is there is whole.

    Parameters
    ----------
    made
        The folder of a training's results.
    place
        Where they go; what is there is replaced.

    Raises
    ------
    CommandError
        The training left nothing, or there is something else than a folder in that place.
    """
    if not any(made.iterdir()):
        raise CommandError("The training wrote nothing into SM_MODEL_DIR: have train.py save its weights there")
    if place.exists() and not place.is_dir():
        raise CommandError(f"{shown(place)} is no folder; remove it, or choose another place with --output")
    place.parent.mkdir(parents=True, exist_ok=True)
    mark = uuid.uuid4().hex[:8]
    new, old = (place.with_name(f".{place.name}-{mark}-{kind}") for kind in ("new", "old"))
    try:
        shutil.copytree(made, new)
        if place.exists():
            place.rename(old)
        new.rename(place)
    finally:
        if old.exists() and not place.exists():
            old.rename(place)
        for leftover in (new, old):
            shutil.rmtree(leftover, ignore_errors=True)
